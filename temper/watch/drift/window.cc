#include "temper/watch/drift/window.h"

#include <algorithm>
#include <numeric>

namespace temper::drift {

Window::Window(const Calibration& calibration) : slot_rows_(calibration.season.slots, 0) {
  starts_.push_back(0);
  for (const auto& feature : calibration.features) {
    starts_.push_back(starts_.back() + feature.bins.bins());
  }
  counts_.assign(starts_.back(), 0);
}

void Window::add_codes(std::size_t feature, std::span<const std::uint8_t> codes) {
  std::uint64_t* counts = counts_.data() + starts_[feature];
  for (const std::uint8_t code : codes) ++counts[code];
}

void Window::add_rows(std::span<const std::int64_t> time_ns, std::span<const std::uint16_t> slots) {
  rows_ += slots.size();
  for (const auto slot : slots) ++slot_rows_[slot];
  for (const auto time : time_ns) {
    first_ns_ = std::min(first_ns_, time);
    last_ns_ = std::max(last_ns_, time);
  }
}

void Window::add_label(bool correct) {
  ++labelled_;
  if (correct) ++correct_;
}

Status Window::merge(const Window& other) {
  if (starts_ != other.starts_ || slot_rows_.size() != other.slot_rows_.size()) {
    return fail(ErrorCode::kInvalidArgument, "windows of different calibrations do not merge");
  }
  rows_ += other.rows_;
  first_ns_ = std::min(first_ns_, other.first_ns_);
  last_ns_ = std::max(last_ns_, other.last_ns_);
  for (std::size_t i = 0; i < slot_rows_.size(); ++i) slot_rows_[i] += other.slot_rows_[i];
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  labelled_ += other.labelled_;
  correct_ += other.correct_;
  unfit_ = unfit_ || other.unfit_;
  return {};
}

std::span<const std::uint64_t> Window::counts(std::size_t feature) const {
  return std::span(counts_).subspan(starts_[feature], starts_[feature + 1] - starts_[feature]);
}

void Window::write(stats::ByteWriter& out) const {
  out.u64(rows_);
  out.i64(first_ns_);
  out.i64(last_ns_);
  out.counts(slot_rows_);
  out.counts(counts_);
  out.u64(labelled_);
  out.u64(correct_);
  out.u8(unfit_ ? 1 : 0);
}

Result<Window> Window::read(stats::ByteReader& in, const Calibration& calibration) {
  Window window(calibration);
  TEMPER_TRY(window.rows_, in.u64());
  TEMPER_TRY(window.first_ns_, in.i64());
  TEMPER_TRY(window.last_ns_, in.i64());
  TEMPER_TRY(auto slot_rows, in.counts());
  TEMPER_TRY(auto counts, in.counts());
  TEMPER_TRY(window.labelled_, in.u64());
  TEMPER_TRY(window.correct_, in.u64());
  TEMPER_TRY(const auto unfit, in.u8());
  if (slot_rows.size() != window.slot_rows_.size() || counts.size() != window.counts_.size() ||
      window.correct_ > window.labelled_) {
    return fail(ErrorCode::kInvalidArgument, "a drift window is damaged or of another calibration");
  }
  window.slot_rows_ = std::move(slot_rows);
  window.counts_ = std::move(counts);
  window.unfit_ = unfit != 0;
  return window;
}

}  // namespace temper::drift
