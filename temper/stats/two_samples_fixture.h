// tests/golden/stats/two_samples.json as the tests of this folder read it.
#pragma once

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace temper::stats {

inline nlohmann::json golden_two_samples() {
  std::ifstream file("tests/golden/stats/two_samples.json");
  return nlohmann::json::parse(file);
}

/// Values of a stored sample, ascending; infinities are stored as text.
inline std::vector<double> golden_sample(const nlohmann::json& stored) {
  std::vector<double> values;
  for (const auto& each : stored) {
    const double infinity = std::numeric_limits<double>::infinity();
    values.push_back(each.is_number()                         ? each.get<double>()
                     : each.get<std::string>().front() == '-' ? -infinity
                                                              : infinity);
  }
  std::sort(values.begin(), values.end());
  return values;
}

/// The rule of tools/golden/stats.py for large samples; ascending.
inline std::vector<double> golden_rule(const nlohmann::json& rule) {
  const auto count = rule[0].get<std::size_t>();
  std::vector<double> values;
  for (std::size_t i = 1; i <= count; ++i) {
    values.push_back(std::fmod(static_cast<double>(i) * 0.6180339887498949, 1.0) *
                         rule[1].get<double>() +
                     rule[2].get<double>());
  }
  std::sort(values.begin(), values.end());
  return values;
}

}  // namespace temper::stats
