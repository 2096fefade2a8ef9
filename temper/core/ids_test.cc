#include "temper/core/ids.h"

#include <gtest/gtest.h>

#include <set>

namespace temper {
namespace {

const SipKey kKey{11, 22};
constexpr WallTime kNow{std::chrono::milliseconds(0x0123'4567'89ab)};

TEST(UuidTest, PrintsAndParsesBack) {
  Uuid id;
  for (std::size_t i = 0; i < 16; ++i) id.bytes[i] = static_cast<std::uint8_t>(17 * i);
  EXPECT_EQ(id.to_string(), "00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_EQ(Uuid::parse(id.to_string()), id);
  EXPECT_EQ(Uuid::parse("00112233-4455-6677-8899-AABBCCDDEEFF"), id);
}

TEST(UuidTest, RefusesWhatIsNoUuid) {
  for (const char* text :
       {"", "00112233-4455-6677-8899-aabbccddeef", "00112233445566778899aabbccddeeff",
        "00112233-4455-6677-8899-aabbccddeeff0", "00112233-4455-6677-8899-aabbccddeefg",
        "001122334-455-6677-8899-aabbccddeeff"}) {
    EXPECT_EQ(Uuid::parse(text), std::nullopt) << text;
  }
}

TEST(UuidV7Test, CarriesTimeVersionAndVariant) {
  Rng rng(1);
  const std::string text = make_uuid_v7(kNow, rng).to_string();
  EXPECT_EQ(text.substr(0, 13), "01234567-89ab");
  EXPECT_EQ(text[14], '7');
  EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos);
}

TEST(UuidV7Test, SortsByTime) {
  Rng rng(2);
  const auto first = make_uuid_v7(kNow, rng);
  const auto second = make_uuid_v7(kNow + std::chrono::milliseconds(1), rng);
  EXPECT_LT(first.to_string(), second.to_string());
}

TEST(UuidV7Test, DoesNotRepeatWithinAMillisecond) {
  Rng rng(3);
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) seen.insert(make_uuid_v7(kNow, rng).to_string());
  EXPECT_EQ(seen.size(), 10'000U);
}

TEST(BoundIdTest, VerifiesForItsCaller) {
  Rng rng(4);
  const Uuid id = make_bound_id(kNow, rng, kKey, "tenant-a");
  EXPECT_TRUE(is_bound_to(id, kKey, "tenant-a"));
  EXPECT_EQ(id.to_string()[14], '7');
}

TEST(BoundIdTest, DoesNotVerifyForAnotherCallerOrKey) {
  Rng rng(5);
  const Uuid id = make_bound_id(kNow, rng, kKey, "tenant-a");
  EXPECT_FALSE(is_bound_to(id, kKey, "tenant-b"));
  EXPECT_FALSE(is_bound_to(id, SipKey{11, 23}, "tenant-a"));
}

TEST(BoundIdTest, AChangedBitBreaksTheBinding) {
  Rng rng(6);
  const Uuid id = make_bound_id(kNow, rng, kKey, "tenant-a");
  for (std::size_t bit = 0; bit < 128; ++bit) {
    Uuid forged = id;
    forged.bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(is_bound_to(forged, kKey, "tenant-a")) << "bit " << bit;
  }
}

}  // namespace
}  // namespace temper
