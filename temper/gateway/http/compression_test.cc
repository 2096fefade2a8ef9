#include "temper/gateway/http/compression.h"

#include <gtest/gtest.h>

#include "temper/core/rng.h"

namespace temper::gateway::http {
namespace {

constexpr std::size_t kLimit = 1 << 20;

TEST(CompressionTest, RoundTripsInBothCodings) {
  Rng rng(1);
  for (const std::size_t size : {0UL, 1UL, 1000UL, 300'000UL}) {
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(rng.below(7) + 'a');
    for (const Coding coding : {Coding::kGzip, Coding::kDeflate}) {
      const Result<std::string> packed = compress(text, coding);
      ASSERT_TRUE(packed);
      const Result<std::string> plain = decompress(*packed, coding, kLimit);
      ASSERT_TRUE(plain) << plain.error().message;
      EXPECT_EQ(*plain, text);
    }
  }
}

TEST(CompressionTest, StopsASmallBodyThatWouldFillMemory) {
  const Result<std::string> packed = compress(std::string(64 << 20, 'x'), Coding::kGzip);
  ASSERT_TRUE(packed);
  ASSERT_LT(packed->size(), 1U << 20);
  const Result<std::string> plain = decompress(*packed, Coding::kGzip, kLimit);
  ASSERT_FALSE(plain);
  EXPECT_EQ(plain.error().code, ErrorCode::kResourceExhausted);
}

TEST(CompressionTest, RefusesDamageAtEveryByte) {
  const Result<std::string> packed = compress("a body that matters", Coding::kGzip);
  ASSERT_TRUE(packed);
  for (std::size_t size = 0; size < packed->size(); ++size) {
    EXPECT_FALSE(decompress(packed->substr(0, size), Coding::kGzip, kLimit)) << size;
  }
  EXPECT_FALSE(decompress(*packed + "x", Coding::kGzip, kLimit));
  EXPECT_FALSE(decompress("plain text", Coding::kGzip, kLimit));
}

TEST(CompressionTest, ReadsContentEncoding) {
  EXPECT_EQ(*parse_content_encoding(""), std::nullopt);
  EXPECT_EQ(*parse_content_encoding("identity"), std::nullopt);
  EXPECT_EQ(*parse_content_encoding(" GZIP "), Coding::kGzip);
  EXPECT_EQ(*parse_content_encoding("deflate"), Coding::kDeflate);
  EXPECT_FALSE(parse_content_encoding("br"));
  EXPECT_FALSE(parse_content_encoding("gzip, gzip"));
}

TEST(CompressionTest, ChoosesWhatTheCallerRanksHighest) {
  EXPECT_EQ(choose_coding(""), std::nullopt);
  EXPECT_EQ(choose_coding("br"), std::nullopt);
  EXPECT_EQ(choose_coding("gzip, deflate"), Coding::kGzip);
  EXPECT_EQ(choose_coding("gzip;q=0.1, deflate;q=0.9"), Coding::kDeflate);
  EXPECT_EQ(choose_coding("gzip;q=0"), std::nullopt);
  EXPECT_EQ(choose_coding("*"), Coding::kGzip);
}

}  // namespace
}  // namespace temper::gateway::http
