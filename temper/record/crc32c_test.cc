#include "temper/record/crc32c.h"

#include <gtest/gtest.h>

#include <string>

namespace temper::record {
namespace {

TEST(Crc32cTest, AgreesWithTheExamplesOfRfc3720) {
  std::string ascending(32, '\0');
  for (std::size_t i = 0; i < ascending.size(); ++i) ascending[i] = static_cast<char>(i);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  EXPECT_EQ(crc32c(ascending), 0x46dd794eU);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(""), 0U);
}

TEST(Crc32cTest, ContinuesAtEveryCut) {
  const std::string text = "a record of some thirty-odd bytes, cut anywhere";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(crc32c(std::string_view(text).substr(cut), crc32c(text.substr(0, cut))),
              crc32c(text));
  }
}

}  // namespace
}  // namespace temper::record
