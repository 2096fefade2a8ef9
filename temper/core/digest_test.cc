#include "temper/core/digest.h"

#include <gtest/gtest.h>

#include <vector>

#include "temper/core/file.h"

namespace temper {
namespace {

// FIPS 180-4 examples.
constexpr const char* kSha256OfEmpty =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr const char* kSha256OfAbc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Sha256Test, AgreesWithTheStandardsExamples) {
  EXPECT_EQ(sha256_hex(""), kSha256OfEmpty);
  EXPECT_EQ(sha256_hex("abc"), kSha256OfAbc);
}

TEST(Sha256Test, OfAFileEqualsThatOfItsBytes) {
  const auto folder = TemporaryFolder::create("digest");
  ASSERT_TRUE(folder);
  const std::string bytes(200'000, 'x');
  ASSERT_TRUE(write_file_atomically(folder->path() / "f", bytes));
  EXPECT_EQ(sha256_file((folder->path() / "f").string()), sha256_hex(bytes));
}

TEST(Sha256Test, OfAMissingFileIsNotFound) {
  const auto digest = sha256_file("/nonexistent/file");
  ASSERT_FALSE(digest);
  EXPECT_EQ(digest.error().code, ErrorCode::kNotFound);
  EXPECT_NE(digest.error().message.find("/nonexistent/file"), std::string::npos);
}

// Appendix A of Aumasson & Bernstein (2012): key 00..0f, message 00..0e.
TEST(SipHashTest, AgreesWithThePapersVector) {
  const SipKey key{0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL};
  std::vector<std::byte> message;
  for (int i = 0; i < 15; ++i) message.push_back(static_cast<std::byte>(i));
  EXPECT_EQ(siphash(key, message), 0xa129ca6149be45e5ULL);
}

// First of the authors' reference vectors (vectors.h): the empty message under the same key.
TEST(SipHashTest, AgreesWithTheReferenceOnTheEmptyMessage) {
  const SipKey key{0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL};
  EXPECT_EQ(siphash(key, ""), 0x726fdb47dd0e0e31ULL);
}

TEST(SipHashTest, DependsOnTheKey) {
  EXPECT_NE(siphash(SipKey{1, 2}, "message"), siphash(SipKey{1, 3}, "message"));
}

TEST(EqualConstantTimeTest, ComparesWholeStrings) {
  EXPECT_TRUE(equal_constant_time("secret", "secret"));
  EXPECT_FALSE(equal_constant_time("secret", "secreT"));
  EXPECT_FALSE(equal_constant_time("secret", "secre"));
  EXPECT_TRUE(equal_constant_time("", ""));
}

}  // namespace
}  // namespace temper
