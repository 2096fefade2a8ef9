// Rows put back into the order of their event time before anything is concluded from them. Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "temper/watch/drift/feature_values.h"
#include "temper/watch/drift/monitor.h"

namespace temper::gateway {

/// Rows released together, ascending by event time; one column a feature.
struct OrderedRows {
  std::vector<std::int64_t> times;
  std::vector<drift::FeatureValues> values;

  [[nodiscard]] std::size_t size() const { return times.size(); }
  /// Rows [first, first + count) as the monitor takes them; `views` is room for the columns.
  [[nodiscard]] drift::Rows rows(std::size_t first, std::size_t count,
                                 std::vector<drift::ColumnView>& views) const;
};

/// Requests answered side by side come in any order, and how far they are mixed depends on the
/// load. A row is released once `kHeld` rows of later time have come, more than are ever under way
/// at once, or when the caller says that nothing more is coming. Rows of equal time are ordered by
/// their values, so that the order in which rows are released depends on the rows alone.
class RowBuffer {
 public:
  static constexpr std::size_t kHeld = 512;

  explicit RowBuffer(FeatureMap map) : map_(std::move(map)), values_(drift::values_of(map_)) {}

  /// Adds the rows of one request, all of one event time; `tensors` are those that the map speaks
  /// of.
  void add(std::int64_t event_time_ns, std::span<const Tensor> tensors);

  /// What may be released, into `rows`; false = nothing. `all`: also what is still held back.
  bool release(bool all, OrderedRows& rows);

  [[nodiscard]] std::size_t size() const { return keys_.size(); }

 private:
  struct Key {
    std::int64_t time = 0;
    std::uint64_t tie = 0;
    std::size_t row = 0;
    auto operator<=>(const Key&) const = default;
  };

  const FeatureMap map_;
  std::vector<Key> keys_;
  // As they came, one a feature.
  std::vector<drift::FeatureValues> values_;
};

}  // namespace temper::gateway
