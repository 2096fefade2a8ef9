// A table's columns as the rows that drift detection learns from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/result.h"
#include "temper/data/table.h"
#include "temper/watch/drift/learn.h"

namespace temper::cli {

/// Owns the values that `rows()` views: numbers and booleans as numbers, strings as categories.
/// Movable, not copyable: views point into it.
class DriftTable {
 public:
  /// Takes every column but `time_column` (which may be empty: no clock) and timestamps; those left
  /// out are named in `left_out()`. The table must be in the order of time.
  /// Errors: kInvalidArgument if `time_column` is not a column of timestamps or integers
  ///         (nanoseconds), or has missing values, or nothing is left.
  static Result<DriftTable> of(const data::Table& table, std::string_view time_column);

  DriftTable(DriftTable&&) = default;
  DriftTable& operator=(DriftTable&&) = default;
  DriftTable(const DriftTable&) = delete;
  DriftTable& operator=(const DriftTable&) = delete;
  ~DriftTable() = default;

  [[nodiscard]] drift::ReferenceRows rows() const {
    return {.time_ns = time_ns_, .columns = columns_};
  }
  [[nodiscard]] const std::vector<std::string>& left_out() const { return left_out_; }

 private:
  DriftTable() = default;
  std::vector<std::int64_t> time_ns_;
  std::vector<std::vector<double>> numbers_;
  std::vector<std::vector<std::uint64_t>> categories_;
  std::vector<drift::ReferenceColumn> columns_;
  std::vector<std::string> left_out_;
};

}  // namespace temper::cli
