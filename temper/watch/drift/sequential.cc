#include "temper/watch/drift/sequential.h"

#include <algorithm>

#include "temper/core/check.h"

namespace temper::drift {
namespace {

stats::EDetector detector_of(const Bets& bets) {
  auto detector = stats::EDetector::create(bets.weights, kMaxLogStep);
  TEMPER_CHECK(detector.has_value());  // make_bets gives positive weights
  return std::move(*detector);
}

}  // namespace

FeatureDetector::FeatureDetector(const FeatureCalibration& calibration)
    : bins_(calibration.bins.bins()),
      bets_(0),
      detector_(detector_of(make_bets(calibration.shares()))),
      threshold_(calibration.threshold) {
  const auto bets = make_bets(calibration.shares());
  bets_ = bets.size();
  table_ = std::make_shared<const std::vector<float>>(
      bet_table(bets, calibration.slot_shares, calibration.tempering,
                static_cast<double>(std::max<std::uint64_t>(1, calibration.rows()))));
  step_.assign(bets_, 0);
  scratch_.assign(bets_, 0);
}

void FeatureDetector::add(std::span<const std::uint8_t> codes,
                          std::span<const std::uint16_t> slots) {
  float* step = step_.data();
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const float* row = table_->data() + (slots[i] * bins_ + codes[i]) * bets_;
    for (std::size_t b = 0; b < bets_; ++b) step[b] += row[b];
  }
}

bool FeatureDetector::close_step() {
  std::ranges::copy(step_, scratch_.begin());
  detector_.update(scratch_);
  std::ranges::fill(step_, 0.0F);
  return detector_.log_value() >= threshold_;
}

void FeatureDetector::reset() { detector_.reset(); }

void FeatureDetector::write(stats::ByteWriter& out) const {
  out.numbers(detector_.sums());
  const std::vector<double> step(step_.begin(), step_.end());
  out.numbers(step);
}

Status FeatureDetector::read(stats::ByteReader& in) {
  TEMPER_TRY(const auto sums, in.numbers());
  TEMPER_TRY(const auto step, in.numbers());
  TEMPER_TRY_STATUS(detector_.restore(sums));
  if (step.size() != bets_) {
    return fail(ErrorCode::kInvalidArgument, "a detector's state is of another calibration");
  }
  std::ranges::transform(step, step_.begin(), [](double x) { return static_cast<float>(x); });
  return {};
}

SequentialDetector::SequentialDetector(const Calibration& calibration) {
  features_.reserve(calibration.features.size());
  for (const auto& feature : calibration.features) features_.emplace_back(feature);
}

std::vector<SequentialAlarm> SequentialDetector::add(
    std::span<const std::span<const std::uint8_t>> codes, std::span<const std::uint16_t> slots) {
  TEMPER_CHECK(codes.size() == features_.size());
  std::vector<SequentialAlarm> alarms;
  for (std::size_t done = 0; done < slots.size();) {
    const std::size_t take = std::min(kStepRows - in_step_, slots.size() - done);
    for (std::size_t f = 0; f < features_.size(); ++f) {
      features_[f].add(codes[f].subspan(done, take), slots.subspan(done, take));
    }
    done += take;
    in_step_ += take;
    if (in_step_ < kStepRows) break;
    in_step_ = 0;
    if (auto alarm = close_step()) {
      alarm->row = done;
      alarms.push_back(*alarm);
      reset();
    }
  }
  return alarms;
}

std::optional<SequentialAlarm> SequentialDetector::close_step() {
  std::optional<SequentialAlarm> alarm;
  for (std::size_t f = 0; f < features_.size(); ++f) {
    if (!features_[f].close_step()) continue;
    const double value = features_[f].log_value();
    const double threshold = features_[f].threshold();
    if (!alarm || value - threshold > alarm->log_value - alarm->threshold) {
      alarm = {.row = 0, .feature = f, .log_value = value, .threshold = threshold};
    }
  }
  return alarm;
}

void SequentialDetector::reset() {
  for (auto& feature : features_) feature.reset();
}

void SequentialDetector::write(stats::ByteWriter& out) const {
  out.u32(static_cast<std::uint32_t>(in_step_));
  out.u32(static_cast<std::uint32_t>(features_.size()));
  for (const auto& feature : features_) feature.write(out);
}

Status SequentialDetector::read(stats::ByteReader& in) {
  TEMPER_TRY(const auto in_step, in.u32());
  TEMPER_TRY(const auto features, in.u32());
  if (in_step >= kStepRows || features != features_.size()) {
    return fail(ErrorCode::kInvalidArgument, "the detector's state is of another calibration");
  }
  in_step_ = in_step;
  for (auto& feature : features_) TEMPER_TRY_STATUS(feature.read(in));
  return {};
}

}  // namespace temper::drift
