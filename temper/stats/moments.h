// Count, mean and spread of a stream of numbers in one pass.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "temper/core/result.h"
#include "temper/stats/encoding.h"

namespace temper::stats {

/// Running moments of one sample.
///
/// Value:   `mean` and `m2` (sum of squared deviations) are those of the finite values; `min` and
///          `max` include infinities.
/// Edges:   NaN counts as `missing` and nothing else. An infinity counts as `infinite` and moves
///          `min` or `max`, but neither `count` nor `mean`. Without finite values mean and m2 are
///          0, without any value `min` is +inf and `max` is -inf.
/// Errors:  none; sums do not overflow before values of about 1e154, where m2 becomes inf.
/// Cost:    O(1) memory. The sum of a span is taken in four fixed lanes, so that one order of
///          values always gives the same bits.
/// Source:  Welford (1962); merge by Chan, Golub & LeVeque (1983).
struct Moments {
  /// Finite values.
  std::uint64_t count = 0;
  /// NaN.
  std::uint64_t missing = 0;
  std::uint64_t infinite = 0;
  double mean = 0;
  double m2 = 0;
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();

  void add(double value);
  void add(std::span<const double> values);
  /// As if the other sample's values had been added here.
  void merge(const Moments& other);

  /// count + missing + infinite.
  [[nodiscard]] std::uint64_t rows() const { return count + missing + infinite; }
  /// Share of NaN among all rows, 0 without rows.
  [[nodiscard]] double missing_rate() const;
  /// Unbiased (divisor count - 1); 0 for fewer than two values.
  [[nodiscard]] double variance() const;
  [[nodiscard]] double standard_deviation() const;

  void write(ByteWriter& out) const;
  /// Errors: kInvalidArgument when the bytes end early or hold impossible moments.
  [[nodiscard]] static Result<Moments> read(ByteReader& in);

  bool operator==(const Moments&) const = default;
};

}  // namespace temper::stats
