#include "temper/watch/drift/calibration.h"

#include <gtest/gtest.h>

#include "temper/watch/drift/drift_fixture.h"

namespace temper::drift {
namespace {

TEST(CalibrationTest, BytesGiveTheSameCalibrationBack) {
  const auto calibration = make_calibration(make_rows(6000, 1));
  const auto decoded = Calibration::decode(calibration->encode());
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(*decoded, *calibration);
}

TEST(CalibrationTest, EveryTruncationIsRefused) {
  const auto bytes = make_calibration(make_rows(2000, 1))->encode();
  for (std::size_t cut = 0; cut < bytes.size(); cut += 1 + cut / 16) {
    EXPECT_FALSE(Calibration::decode(std::string_view(bytes).substr(0, cut)).has_value()) << cut;
  }
  EXPECT_FALSE(Calibration::decode(bytes + "x").has_value());
}

TEST(CalibrationTest, DamagedBytesNeverCrash) {
  const auto bytes = make_calibration(make_rows(1000, 1))->encode();
  Rng rng(8);
  for (int round = 0; round < 300; ++round) {
    auto damaged = bytes;
    damaged[rng.below(damaged.size())] = static_cast<char>(rng.below(256));
    const auto decoded = Calibration::decode(damaged);
    if (!decoded) continue;
    const auto window = make_rows(600, 3);
    auto monitor = Monitor::create(std::make_shared<const Calibration>(*decoded), {});
    ASSERT_TRUE(monitor.has_value());
    const auto columns = window.columns();
    (void)monitor->add({.event_time_ns = window.time_ns, .columns = columns});
  }
}

TEST(CalibrationTest, SettingsOutOfRangeAreNamed) {
  EXPECT_TRUE(validate({}).has_value());
  const auto status = validate({.alarms_per_month = 0});
  ASSERT_FALSE(status.has_value());
  EXPECT_NE(status.error().message.find("alarms_per_month"), std::string::npos);
}

}  // namespace
}  // namespace temper::drift
