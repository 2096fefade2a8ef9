#include "temper/model/reference/summary.h"

#include <algorithm>

#include "temper/core/digest.h"

namespace temper {
namespace {

constexpr std::uint64_t kMostRows = std::uint64_t{1} << 50;

std::size_t bins_of(const ColumnSummary& summary) {
  return summary.kind == SummaryKind::kCategorical ? stats::CategoryTable(summary.categories).size()
                                                   : summary.bins.size();
}

void add_counts(std::vector<std::uint64_t>& target, const std::vector<std::uint64_t>& other) {
  for (std::size_t i = 0; i < target.size(); ++i) target[i] += other[i];
}

void write_slots(stats::ByteWriter& out, const std::vector<std::vector<std::uint64_t>>& slots) {
  for (const auto& counts : slots) out.counts(counts);
}

Result<std::vector<std::vector<std::uint64_t>>> read_slots(stats::ByteReader& in, std::size_t slots,
                                                           std::size_t bins) {
  std::vector<std::vector<std::uint64_t>> result;
  for (std::size_t slot = 0; slot < slots; ++slot) {
    TEMPER_TRY(std::vector<std::uint64_t> counts, in.counts());
    if (counts.size() != bins) {
      return fail(ErrorCode::kInvalidArgument, "a seasonal slot with {} bins instead of {}",
                  counts.size(), bins);
    }
    result.push_back(std::move(counts));
  }
  return result;
}

/// Adds up without passing `kMostRows`; nullopt where it would.
std::optional<std::uint64_t> bounded_sum(const std::vector<std::uint64_t>& counts) {
  std::uint64_t sum = 0;
  for (const std::uint64_t count : counts) {
    if (count > kMostRows || (sum += count) > kMostRows) return std::nullopt;
  }
  return sum;
}

Status read_categories(stats::ByteReader& in, ColumnSummary& summary) {
  TEMPER_TRY(const std::size_t size, in.length(sizeof(std::uint32_t) + sizeof(std::uint64_t)));
  if (size > ColumnSummary::kMostCategories) {
    return fail(ErrorCode::kInvalidArgument, "{} categories", size);
  }
  std::vector<std::uint64_t> counts;
  for (std::size_t i = 0; i < size; ++i) {
    TEMPER_TRY(std::string name, in.text());
    TEMPER_TRY(const std::uint64_t count, in.u64());
    if (name.size() > ColumnSummary::kLongestCategory) {
      return fail(ErrorCode::kInvalidArgument, "a category of {} bytes", name.size());
    }
    if (!summary.categories.empty() && name <= summary.categories.rbegin()->first) {
      return fail(ErrorCode::kInvalidArgument, "categories out of order");
    }
    counts.push_back(count);
    summary.categories.emplace_hint(summary.categories.end(), std::move(name), count);
  }
  TEMPER_TRY(summary.other, in.u64());
  counts.push_back(summary.other);
  counts.push_back(summary.missing);
  if (bounded_sum(counts) != summary.rows) {
    return fail(ErrorCode::kInvalidArgument, "category counts do not add up to the rows");
  }
  return {};
}

Status read_numbers(stats::ByteReader& in, ColumnSummary& summary) {
  TEMPER_TRY(summary.moments, stats::Moments::read(in));
  TEMPER_TRY(summary.sketch, stats::KllSketch::read(in));
  TEMPER_TRY(summary.bins, stats::QuantileBins::read(in));
  TEMPER_TRY(summary.bin_counts, in.counts());
  const auto counted = bounded_sum(summary.bin_counts);
  if (summary.bin_counts.size() != summary.bins.size() || !counted ||
      *counted + summary.missing != summary.rows || summary.sketch.count() != *counted ||
      summary.moments.rows() != summary.rows || summary.moments.missing != summary.missing) {
    return fail(ErrorCode::kInvalidArgument, "bin counts do not add up to the rows");
  }
  return {};
}

}  // namespace

std::string_view summary_kind_name(SummaryKind kind) {
  switch (kind) {
    case SummaryKind::kNumeric:
      return "numeric";
    case SummaryKind::kCategorical:
      return "categorical";
    case SummaryKind::kDatetime:
      return "datetime";
    case SummaryKind::kText:
      return "text";
  }
  return "unknown";
}

std::string category_key(std::string_view text) {
  if (text.size() <= ColumnSummary::kLongestCategory) return std::string(text);
  constexpr std::size_t kStart = 200;
  return fmt::format("{}...{:016x}", text.substr(0, kStart), siphash({1, 2}, text));
}

double ColumnSummary::missing_rate() const {
  return rows == 0 ? 0 : static_cast<double>(missing) / static_cast<double>(rows);
}

Status ColumnSummary::merge(const ColumnSummary& added) {
  if (added.name != name || added.kind != kind) {
    return fail(ErrorCode::kInvalidArgument, "{} column '{}' is no part of {} column '{}'",
                summary_kind_name(added.kind), added.name, summary_kind_name(kind), name);
  }
  const auto common = [](const ColumnSummary& summary) {
    return stats::CategoryTable(summary.categories).names();
  };
  const bool was_categorical = kind == SummaryKind::kCategorical;
  bool keeps_bins = was_categorical ? common(*this) == common(added) : bins == added.bins;
  rows += added.rows;
  missing += added.missing;
  if (was_categorical) {
    const auto before = common(*this);
    other += added.other;
    for (const auto& [category, count] : added.categories) {
      if (categories.contains(category) || categories.size() < kMostCategories) {
        categories[category] += count;
      } else {
        other += count;
      }
    }
    // Sums of two samples may change which category is common, and their order.
    keeps_bins = keeps_bins && common(*this) == before;
  } else {
    moments.merge(added.moments);
    sketch.merge(added.sketch);
    if (keeps_bins) {
      add_counts(bin_counts, added.bin_counts);
    } else {
      const stats::WeightedSample sample = sketch.sample();
      bins = stats::QuantileBins::from_sample(sample);
      bin_counts = bins.count_sample(sample);
    }
  }
  if (!keeps_bins || !strata || !added.strata) {
    strata.reset();
    return {};
  }
  for (std::size_t i = 0; i < strata->by_hour.size(); ++i) {
    add_counts(strata->by_hour[i], added.strata->by_hour[i]);
  }
  for (std::size_t i = 0; i < strata->by_weekday.size(); ++i) {
    add_counts(strata->by_weekday[i], added.strata->by_weekday[i]);
  }
  return {};
}

void ColumnSummary::write(stats::ByteWriter& out) const {
  out.text(name);
  out.u8(static_cast<std::uint8_t>(kind));
  out.u64(rows);
  out.u64(missing);
  if (kind == SummaryKind::kCategorical) {
    out.u64(categories.size());
    for (const auto& [category, count] : categories) {
      out.text(category);
      out.u64(count);
    }
    out.u64(other);
  } else {
    moments.write(out);
    sketch.write(out);
    bins.write(out);
    out.counts(bin_counts);
  }
  out.u8(strata ? 1 : 0);
  if (strata) {
    write_slots(out, strata->by_hour);
    write_slots(out, strata->by_weekday);
  }
}

Result<ColumnSummary> ColumnSummary::read(stats::ByteReader& in) {
  constexpr std::size_t kLongestName = 4096;
  ColumnSummary summary;
  TEMPER_TRY(summary.name, in.text());
  TEMPER_TRY(const std::uint8_t kind, in.u8());
  TEMPER_TRY(summary.rows, in.u64());
  TEMPER_TRY(summary.missing, in.u64());
  if (summary.name.size() > kLongestName || kind > 3 || summary.rows > kMostRows ||
      summary.missing > summary.rows) {
    return fail(ErrorCode::kInvalidArgument, "a broken summary of a column");
  }
  summary.kind = static_cast<SummaryKind>(kind);
  TEMPER_TRY_STATUS(summary.kind == SummaryKind::kCategorical ? read_categories(in, summary)
                                                              : read_numbers(in, summary));
  TEMPER_TRY(const std::uint8_t has_strata, in.u8());
  if (has_strata > 1) return fail(ErrorCode::kInvalidArgument, "a broken summary of a column");
  if (has_strata == 1) {
    const std::size_t bins = bins_of(summary);
    Strata strata;
    TEMPER_TRY(strata.by_hour, read_slots(in, 24, bins));
    TEMPER_TRY(strata.by_weekday, read_slots(in, 7, bins));
    summary.strata = std::move(strata);
  }
  return summary;
}

}  // namespace temper
