#include "temper/watch/drift/calibration.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "temper/stats/encoding.h"

namespace temper::drift {
namespace {

constexpr std::uint32_t kMagic = 0x4c434454;  // "TDCL"
constexpr std::uint32_t kFormat = 1;
constexpr std::size_t kMaxFeatures = 1U << 20;

void write_feature(const FeatureCalibration& feature, stats::ByteWriter& out) {
  feature.bins.write(out);
  out.counts(feature.counts);
  out.numbers(feature.slot_shares);
  out.u32(static_cast<std::uint32_t>(feature.nulls.size()));
  for (const auto& null : feature.nulls) {
    out.u64(null.rows);
    null.tail.write(out);
  }
  out.numbers(feature.tempering);
  out.f64(feature.threshold);
}

bool shares_are_sound(std::span<const double> shares) {
  return std::ranges::all_of(shares, [](double p) { return p > 0 && p <= 1; });
}

Result<FeatureCalibration> read_feature(stats::ByteReader& in, std::size_t slots) {
  FeatureCalibration feature;
  TEMPER_TRY(feature.bins, FeatureBins::read(in));
  TEMPER_TRY(feature.counts, in.counts());
  TEMPER_TRY(feature.slot_shares, in.numbers());
  TEMPER_TRY(const auto nulls, in.u32());
  for (std::uint32_t i = 0; i < nulls; ++i) {
    WindowNull null;
    TEMPER_TRY(null.rows, in.u64());
    TEMPER_TRY(null.tail, NullTail::read(in));
    if (null.rows == 0) return fail(ErrorCode::kInvalidArgument, "a null of 0 rows");
    feature.nulls.push_back(std::move(null));
  }
  TEMPER_TRY(feature.tempering, in.numbers());
  TEMPER_TRY(feature.threshold, in.f64());
  const std::size_t bins = feature.bins.bins();
  if (feature.counts.size() != bins || feature.slot_shares.size() != slots * bins ||
      feature.tempering.size() != make_bets(feature.shares()).size() ||
      !shares_are_sound(feature.slot_shares) || !shares_are_sound(feature.tempering) ||
      !std::isfinite(feature.threshold)) {
    return fail(ErrorCode::kInvalidArgument, "the calibration of feature '{}' is damaged",
                feature.bins.name());
  }
  return feature;
}

}  // namespace

Status validate(const CalibrationConfig& config) {
  const auto refuse = [](std::string_view name, std::string_view range) {
    return fail(ErrorCode::kInvalidArgument, "drift calibration: {} must be {}", name, range);
  };
  if (config.period_ns < 0) return refuse("period", "0 or more");
  if (config.window_rows < 100 || config.window_rows > 1'000'000) {
    return refuse("window_rows", "100..1000000");
  }
  if (!(config.alarms_per_month > 0 && config.alarms_per_month <= 100)) {
    return refuse("alarms_per_month", "in (0, 100]");
  }
  if (!(config.rows_per_month >= 0 && std::isfinite(config.rows_per_month))) {
    return refuse("rows_per_month", "0 or more");
  }
  if (!(config.allowed_psi >= 0 && config.allowed_psi <= 1)) {
    return refuse("allowed_psi", "in [0, 1]");
  }
  return {};
}

std::vector<double> FeatureCalibration::shares() const {
  double total = 0;
  for (const auto count : counts) total += static_cast<double>(count) + 0.5;
  std::vector<double> shares;
  shares.reserve(counts.size());
  for (const auto count : counts) shares.push_back((static_cast<double>(count) + 0.5) / total);
  return shares;
}

std::uint64_t FeatureCalibration::rows() const {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

std::string Calibration::encode() const {
  stats::ByteWriter out;
  out.u32(kMagic);
  out.u32(kFormat);
  out.i64(config.period_ns);
  out.u64(config.window_rows);
  out.f64(config.alarms_per_month);
  out.f64(config.rows_per_month);
  out.f64(config.allowed_psi);
  out.i64(season.period_ns);
  out.u64(season.slots);
  out.u64(rows);
  out.f64(rows_per_month);
  out.f64(check_level);
  out.u32(static_cast<std::uint32_t>(features.size()));
  for (const auto& feature : features) write_feature(feature, out);
  return out.take();
}

Result<Calibration> Calibration::decode(std::string_view bytes) {
  stats::ByteReader in(bytes);
  TEMPER_TRY(const auto magic, in.u32());
  TEMPER_TRY(const auto format, in.u32());
  if (magic != kMagic || format != kFormat) {
    return fail(ErrorCode::kInvalidArgument, "not a drift calibration of format {}", kFormat);
  }
  Calibration calibration;
  auto& config = calibration.config;
  TEMPER_TRY(config.period_ns, in.i64());
  TEMPER_TRY(config.window_rows, in.u64());
  TEMPER_TRY(config.alarms_per_month, in.f64());
  TEMPER_TRY(config.rows_per_month, in.f64());
  TEMPER_TRY(config.allowed_psi, in.f64());
  TEMPER_TRY_STATUS(validate(config));
  TEMPER_TRY(calibration.season.period_ns, in.i64());
  TEMPER_TRY(const auto slots, in.u64());
  calibration.season.slots = slots;
  if (calibration.season != Season::of_period(calibration.season.period_ns)) {
    return fail(ErrorCode::kInvalidArgument, "the calibration's season is damaged");
  }
  TEMPER_TRY(calibration.rows, in.u64());
  TEMPER_TRY(calibration.rows_per_month, in.f64());
  TEMPER_TRY(calibration.check_level, in.f64());
  TEMPER_TRY(const auto features, in.u32());
  if (features > kMaxFeatures || features > in.left()) {
    return fail(ErrorCode::kInvalidArgument, "the calibration ends early");
  }
  for (std::uint32_t f = 0; f < features; ++f) {
    TEMPER_TRY(auto feature, read_feature(in, calibration.season.slots));
    calibration.features.push_back(std::move(feature));
  }
  if (in.left() != 0) return fail(ErrorCode::kInvalidArgument, "bytes follow the calibration");
  return calibration;
}

}  // namespace temper::drift
