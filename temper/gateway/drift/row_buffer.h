// Rows put back into the order of their event time before anything is concluded from them. Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "temper/gateway/evidence/evidence.h"
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
///
/// Held rows stay in their tensors: values are taken out when they are released, a feature at a
/// time.
class RowBuffer {
 public:
  static constexpr std::size_t kHeld = 512;

  explicit RowBuffer(FeatureMap map) : map_(std::move(map)) {}

  /// Adds the rows of one request; `tensors` are those of `evidence` that the map speaks of.
  void add(std::shared_ptr<const Evidence> evidence, std::span<const Tensor> tensors);

  /// What may be released, into `rows`; false = nothing. `all`: also what is still held back.
  bool release(bool all, OrderedRows& rows);

  [[nodiscard]] std::size_t size() const { return keys_.size(); }

 private:
  struct Request {
    std::shared_ptr<const Evidence> evidence;
    std::span<const Tensor> tensors;
    // One a tensor; empty but for texts, whose elements have no fixed place.
    std::vector<std::vector<std::uint64_t>> categories;
  };
  struct Key {
    std::int64_t time = 0;
    std::uint64_t tie = 0;
    std::size_t request = 0;
    std::size_t row = 0;
    auto operator<=>(const Key&) const = default;
  };
  [[nodiscard]] static std::uint64_t tie_of(const Request& request, std::size_t row);
  void take_feature(const Feature& feature, std::size_t count, drift::FeatureValues& values) const;
  void forget(std::size_t count);

  const FeatureMap map_;
  std::vector<Key> keys_;
  std::vector<Request> requests_;
};

}  // namespace temper::gateway
