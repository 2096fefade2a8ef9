#include "temper/gateway/drift/row_buffer.h"

#include <algorithm>

namespace temper::gateway {
namespace {

/// A step of a multiplicative hash; only ties are decided by it.
std::uint64_t mixed(std::uint64_t hash, std::uint64_t value) {
  return (hash ^ value) * 0x9E3779B97F4A7C15ULL + (hash >> 29U);
}

}  // namespace

drift::Rows OrderedRows::rows(std::size_t first, std::size_t count,
                              std::vector<drift::ColumnView>& views) const {
  views.clear();
  for (const drift::FeatureValues& each : values) views.push_back(each.view(first, count));
  return {.event_time_ns = std::span(times).subspan(first, count), .columns = views};
}

void RowBuffer::add(std::int64_t event_time_ns, std::span<const Tensor> tensors) {
  const std::size_t before = keys_.size();
  drift::append_rows(map_, tensors, values_);
  const std::size_t rows = values_.empty() ? before : values_.front().size();
  for (std::size_t row = before; row < rows; ++row) {
    keys_.push_back({.time = event_time_ns, .tie = 0, .row = row});
    for (const drift::FeatureValues& each : values_) {
      keys_.back().tie = mixed(keys_.back().tie, each.bits(row));
    }
  }
}

bool RowBuffer::release(bool all, OrderedRows& rows) {
  // Twice what is held, so that each row is sorted about twice and not once a request.
  if (keys_.empty() || (!all && keys_.size() < 2 * kHeld)) return false;
  std::ranges::sort(keys_);
  const std::size_t count = all ? keys_.size() : keys_.size() - kHeld;
  rows.times.clear();
  std::vector<std::size_t> released;
  std::vector<std::size_t> kept;
  std::vector<Key> kept_keys;
  for (std::size_t k = 0; k < keys_.size(); ++k) {
    if (k < count) {
      released.push_back(keys_[k].row);
      rows.times.push_back(keys_[k].time);
    } else {
      kept_keys.push_back({.time = keys_[k].time, .tie = keys_[k].tie, .row = kept.size()});
      kept.push_back(keys_[k].row);
    }
  }
  if (rows.values.empty()) rows.values = values_;
  for (std::size_t k = 0; k < values_.size(); ++k) {
    rows.values[k].take(values_[k], released);
    drift::FeatureValues rest = values_[k];
    rest.take(values_[k], kept);
    values_[k] = std::move(rest);
  }
  keys_.swap(kept_keys);
  return true;
}

}  // namespace temper::gateway
