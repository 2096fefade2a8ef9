// Rows for the tests of drift detection.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "temper/core/rng.h"
#include "temper/watch/drift/learn.h"
#include "temper/watch/drift/monitor.h"

namespace temper::drift {

/// Owns columns and times, and views them.
struct RowsFixture {
  std::vector<std::int64_t> time_ns;
  std::vector<std::vector<double>> numbers;
  std::vector<std::uint64_t> categories;

  [[nodiscard]] std::vector<ReferenceColumn> reference() const {
    std::vector<ReferenceColumn> columns;
    columns.reserve(numbers.size() + 1);
    for (std::size_t f = 0; f < numbers.size(); ++f) {
      columns.push_back({.name = "x" + std::to_string(f),
                         .role = f + 1 == numbers.size() ? Role::kPrediction : Role::kCovariate,
                         .values = {.numbers = numbers[f], .categories = {}}});
    }
    columns.push_back({.name = "carrier",
                       .role = Role::kCovariate,
                       .values = {.numbers = {}, .categories = categories}});
    return columns;
  }
  [[nodiscard]] std::vector<ColumnView> columns() const {
    std::vector<ColumnView> views;
    for (const auto& column : reference()) views.push_back(column.values);
    return views;
  }
};

inline constexpr std::int64_t kMinuteNs = 60'000'000'000;

/// `count` rows, one a minute from `first_ns`: two independent standard normal columns (the last is
/// a prediction), the first moved by `shift`, and a carrier of three.
inline RowsFixture make_rows(std::size_t count, std::uint64_t seed, std::int64_t first_ns = 0,
                             double shift = 0) {
  Rng rng(seed);
  RowsFixture rows;
  rows.numbers.resize(2);
  const std::uint64_t carriers[] = {category_id("UA"), category_id("B6"), category_id("EV")};
  for (std::size_t i = 0; i < count; ++i) {
    rows.time_ns.push_back(first_ns + static_cast<std::int64_t>(i) * kMinuteNs);
    rows.numbers[0].push_back(rng.normal() + shift);
    rows.numbers[1].push_back(rng.normal());
    rows.categories.push_back(carriers[rng.below(3)]);
  }
  return rows;
}

inline std::shared_ptr<const Calibration> make_calibration(const RowsFixture& rows) {
  const auto columns = rows.reference();
  auto learned = learn({.time_ns = rows.time_ns, .columns = columns}, CalibrationConfig{});
  return std::make_shared<const Calibration>(std::move(learned).value());
}

}  // namespace temper::drift
