// How one feature's values become bins: all that drift detection remembers of a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/result.h"
#include "temper/stats/encoding.h"

namespace temper::drift {

/// What a feature is to the model: something it is told, or something it says.
enum class Role : std::uint8_t { kCovariate, kPrediction };

/// A category as a number that does not depend on the process: FNV-1a of its text; 0 = missing
/// ("" is missing).
[[nodiscard]] std::uint64_t category_id(std::string_view text);

/// The values of one feature of many rows: exactly one of the two is filled.
struct ColumnView {
  /// NaN = missing.
  std::span<const double> numbers = {};
  /// Results of `category_id`.
  std::span<const std::uint64_t> categories = {};

  [[nodiscard]] std::size_t size() const { return numbers.size() + categories.size(); }
};

/// Bins of one feature, learned from reference rows.
///
/// Numeric: at most 10 bins (e_i-1, e_i] between quantiles of the reference, ends open.
/// Categorical: one bin for each of the at most 30 most frequent categories with a share of 1 % or
/// more, most frequent first, then one for all others, seen or not. Both: a last bin for missing
/// values.
class FeatureBins {
 public:
  /// Edges: a constant or all-missing column gives few bins and is still usable.
  static FeatureBins of_column(std::string name, Role role, const ColumnView& values);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] Role role() const { return role_; }
  [[nodiscard]] bool categorical() const { return categorical_; }
  /// Bins in all, the one for missing values included: 2..33.
  [[nodiscard]] std::size_t bins() const;
  [[nodiscard]] std::size_t missing_bin() const { return bins() - 1; }
  /// Bins that hold values.
  [[nodiscard]] std::size_t value_bins() const { return bins() - 1; }

  /// The bin of every value; `codes` is as long as the column. The column's kind must be this one's
  /// (`accepts`).
  void encode(const ColumnView& values, std::span<std::uint8_t> codes) const;
  [[nodiscard]] bool accepts(const ColumnView& values) const;

  void write(stats::ByteWriter& out) const;
  static Result<FeatureBins> read(stats::ByteReader& in);
  bool operator==(const FeatureBins&) const = default;

 private:
  std::string name_;
  Role role_ = Role::kCovariate;
  bool categorical_ = false;
  std::vector<double> edges_;
  std::vector<std::uint64_t> categories_;
};

}  // namespace temper::drift
