#include "temper/stats/adwin.h"

#include <cmath>

namespace temper::stats {
namespace {

double bucket_size(std::size_t row) { return std::ldexp(1.0, static_cast<int>(row)); }

// What joining two groups adds to the sum of squared deviations.
double between(double n1, double mean1, double n2, double mean2) {
  return n1 * n2 * (mean1 - mean2) * (mean1 - mean2) / (n1 + n2);
}

}  // namespace

bool Adwin::add(double value) {
  if (!std::isfinite(value)) return false;
  insert(value);
  compress();
  ++ticks_;
  if (ticks_ % config_.clock != 0 || width_ <= config_.grace_period) return false;
  bool cut = false;
  while (cut_once()) cut = true;
  return cut;
}

void Adwin::insert(double value) {
  rows_[0].push_back({.total = value, .variance = 0});
  width_ += 1;
  if (width_ > 1) {
    const double gap = value - total_ / (width_ - 1);
    variance_ += (width_ - 1) * gap * gap / width_;
  }
  total_ += value;
}

void Adwin::compress() {
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    if (rows_[row].size() <= config_.max_buckets) return;
    if (row + 1 == rows_.size()) rows_.emplace_back();
    const double size = bucket_size(row);
    const Bucket first = rows_[row][0];
    const Bucket second = rows_[row][1];
    rows_[row + 1].push_back(
        {.total = first.total + second.total,
         .variance = first.variance + second.variance +
                     between(size, first.total / size, size, second.total / size)});
    rows_[row].erase(rows_[row].begin(), rows_[row].begin() + 2);
  }
}

bool Adwin::cut_once() {
  double older = 0;
  double newer = width_;
  double older_total = 0;
  double newer_total = total_;
  for (std::size_t row = rows_.size(); row-- > 0;) {
    for (std::size_t k = 0; k < rows_[row].size(); ++k) {
      const double size = bucket_size(row);
      older += size;
      newer -= size;
      older_total += rows_[row][k].total;
      newer_total -= rows_[row][k].total;
      if (row == 0 && k + 1 == rows_[0].size()) return false;
      if (older < config_.min_part || newer < config_.min_part) continue;
      if (differs(older, newer, older_total / older - newer_total / newer)) {
        drop_oldest();
        return true;
      }
    }
  }
  return false;
}

bool Adwin::differs(double older, double newer, double gap) const {
  const double confidence = std::log(2 * std::log(width_) / config_.delta);
  const double inverse = 1 / (older - config_.min_part + 1) + 1 / (newer - config_.min_part + 1);
  const double bound =
      std::sqrt(2 * inverse * (variance_ / width_) * confidence) + 2.0 / 3.0 * confidence * inverse;
  return std::fabs(gap) > bound;
}

void Adwin::drop_oldest() {
  auto& row = rows_.back();
  const double size = bucket_size(rows_.size() - 1);
  const Bucket oldest = row.front();
  row.pop_front();
  width_ -= size;
  total_ -= oldest.total;
  variance_ -= oldest.variance + between(size, oldest.total / size, width_, total_ / width_);
  while (rows_.size() > 1 && rows_.back().empty()) rows_.pop_back();
}

}  // namespace temper::stats
