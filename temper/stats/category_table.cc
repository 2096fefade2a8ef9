#include "temper/stats/category_table.h"

#include <algorithm>
#include <utility>

namespace temper::stats {

CategoryTable::CategoryTable(const CategoryCounts& reference, double pooled_below) {
  std::uint64_t total = 0;
  for (const auto& [name, count] : reference) total += count;
  std::vector<std::pair<std::uint64_t, std::string>> common;
  for (const auto& [name, count] : reference) {
    if (count > 0 && static_cast<double>(count) >= pooled_below * static_cast<double>(total)) {
      common.emplace_back(count, name);
    }
  }
  std::stable_sort(common.begin(), common.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (auto& [count, name] : common) {
    index_.emplace(name, names_.size());
    names_.push_back(std::move(name));
  }
}

std::size_t CategoryTable::index(std::string_view category) const {
  const auto found = index_.find(category);
  return found == index_.end() ? names_.size() : found->second;
}

std::vector<std::uint64_t> CategoryTable::count(const CategoryCounts& counts) const {
  std::vector<std::uint64_t> bins(size());
  for (const auto& [name, count] : counts) bins[index(name)] += count;
  return bins;
}

}  // namespace temper::stats
