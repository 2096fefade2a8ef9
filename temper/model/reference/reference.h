// The reference: a statistical summary of the data that a model was trained on, against which live
// windows are compared. Not to be confused with the deployment profile.
//
// Read summary.h for what is kept of one column, this file for the whole and its bytes, then
// build.h for how it is made from a table. Used at registration, by drift detection, and by
// commands.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/result.h"
#include "temper/model/reference/summary.h"

namespace temper {

/// What the model did on rows that it was not trained on (the last 20 % by event time).
struct HeldOut {
  std::uint64_t rows = 0;
  /// One per output of the model: its distribution.
  std::vector<ColumnSummary> outputs;
  /// Share of right labels; absent where there were none.
  std::optional<double> accuracy;

  bool operator==(const HeldOut&) const = default;
};

/// Event times of the reference's rows, where the table has a clock.
struct ReferenceClock {
  std::string column;
  std::int64_t first_ns = 0;
  std::int64_t last_ns = 0;

  bool operator==(const ReferenceClock&) const = default;
};

struct Reference {
  static constexpr std::size_t kMostFeatures = 4'096;

  std::uint64_t rows = 0;
  std::optional<ReferenceClock> clock;
  std::vector<ColumnSummary> features;
  std::optional<HeldOut> held_out;

  /// nullptr where there is none of that name.
  [[nodiscard]] const ColumnSummary* feature(std::string_view name) const;

  /// As if the rows of `other` had been in the table too; all or nothing. Held-out figures stay
  /// only where one side has them: accuracies of two models do not add up to one. Errors:
  /// kInvalidArgument if the features' names, kinds or order differ, or the clocks' columns.
  [[nodiscard]] Status merge(const Reference& other);

  bool operator==(const Reference&) const = default;
};

/// Bytes: "TMPRREF" and a format version, the content, and its SHA-256.
[[nodiscard]] std::string serialise_reference(const Reference& reference);

/// Errors: kInvalidArgument for bytes that are no reference, cut, changed, or of a version that
/// this program does not know. Cost: memory is bounded by the size of `bytes`.
[[nodiscard]] Result<Reference> parse_reference(std::string_view bytes);

/// True for bytes that claim to be a reference, of whatever version.
[[nodiscard]] bool is_reference(std::string_view head);

[[nodiscard]] Result<Reference> read_reference(const std::filesystem::path& path);
[[nodiscard]] Status write_reference(const Reference& reference, const std::filesystem::path& path);

}  // namespace temper
