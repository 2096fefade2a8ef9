#include "temper/watch/drift/feature_bins.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "temper/core/check.h"

namespace temper::drift {
namespace {

constexpr std::size_t kQuantileBins = 10;
constexpr std::size_t kMaxCategories = 30;
constexpr double kMinShare = 0.01;

std::vector<double> quantile_edges(std::span<const double> numbers) {
  std::vector<double> sorted;
  sorted.reserve(numbers.size());
  for (const double x : numbers) {
    if (!std::isnan(x)) sorted.push_back(x);
  }
  std::vector<double> edges;
  if (sorted.empty()) return edges;
  std::ranges::sort(sorted);
  for (std::size_t i = 1; i < kQuantileBins; ++i) {
    const double edge = sorted[i * (sorted.size() - 1) / kQuantileBins];
    if (edges.empty() || edge > edges.back()) edges.push_back(edge);
  }
  return edges;
}

std::vector<std::uint64_t> frequent_categories(std::span<const std::uint64_t> values) {
  std::unordered_map<std::uint64_t, std::size_t> counts;
  std::size_t present = 0;
  for (const std::uint64_t id : values) {
    if (id == 0) continue;
    ++counts[id];
    ++present;
  }
  std::vector<std::pair<std::size_t, std::uint64_t>> ranked;
  for (const auto& [id, count] : counts) {
    if (static_cast<double>(count) >= kMinShare * static_cast<double>(present)) {
      ranked.emplace_back(count, id);
    }
  }
  // Ties by id, so that the order does not depend on the hash table.
  std::ranges::sort(ranked, [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  if (ranked.size() > kMaxCategories) ranked.resize(kMaxCategories);
  std::vector<std::uint64_t> categories;
  categories.reserve(ranked.size());
  for (const auto& [count, id] : ranked) categories.push_back(id);
  return categories;
}

}  // namespace

std::uint64_t category_id(std::string_view text) {
  if (text.empty()) return 0;
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3ULL;
  }
  return hash == 0 ? 1 : hash;
}

FeatureBins FeatureBins::of_column(std::string name, Role role, const ColumnView& values) {
  FeatureBins bins;
  bins.name_ = std::move(name);
  bins.role_ = role;
  bins.categorical_ = !values.categories.empty();
  if (bins.categorical_) {
    bins.categories_ = frequent_categories(values.categories);
  } else {
    bins.edges_ = quantile_edges(values.numbers);
  }
  return bins;
}

std::size_t FeatureBins::bins() const {
  return (categorical_ ? categories_.size() : edges_.size()) + 2;
}

bool FeatureBins::accepts(const ColumnView& values) const {
  return categorical_ ? values.numbers.empty() : values.categories.empty();
}

void FeatureBins::encode(const ColumnView& values, std::span<std::uint8_t> codes) const {
  TEMPER_CHECK(accepts(values) && values.size() == codes.size());
  const auto missing = static_cast<std::uint8_t>(missing_bin());
  if (categorical_) {
    for (std::size_t i = 0; i < codes.size(); ++i) {
      const std::uint64_t id = values.categories[i];
      const auto at = std::ranges::find(categories_, id) - categories_.begin();
      codes[i] = id == 0 ? missing : static_cast<std::uint8_t>(at);
    }
    return;
  }
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const double x = values.numbers[i];
    unsigned below = 0;
    for (const double edge : edges_) below += static_cast<unsigned>(edge < x);
    codes[i] = std::isnan(x) ? missing : static_cast<std::uint8_t>(below);
  }
}

void FeatureBins::write(stats::ByteWriter& out) const {
  out.text(name_);
  out.u8(static_cast<std::uint8_t>(role_));
  out.u8(categorical_ ? 1 : 0);
  out.numbers(edges_);
  out.counts(categories_);
}

Result<FeatureBins> FeatureBins::read(stats::ByteReader& in) {
  FeatureBins bins;
  TEMPER_TRY(bins.name_, in.text());
  TEMPER_TRY(const auto role, in.u8());
  TEMPER_TRY(const auto categorical, in.u8());
  TEMPER_TRY(bins.edges_, in.numbers());
  TEMPER_TRY(bins.categories_, in.counts());
  if (role > 1 || categorical > 1 || bins.edges_.size() >= kQuantileBins ||
      bins.categories_.size() > kMaxCategories || !std::ranges::is_sorted(bins.edges_)) {
    return fail(ErrorCode::kInvalidArgument, "the bins of feature '{}' are damaged", bins.name_);
  }
  bins.role_ = static_cast<Role>(role);
  bins.categorical_ = categorical == 1;
  return bins;
}

}  // namespace temper::drift
