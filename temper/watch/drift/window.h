// A live window: nothing but counts, so that windows merge by addition.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/result.h"
#include "temper/stats/encoding.h"
#include "temper/watch/drift/calibration.h"

namespace temper::drift {

/// Rows per slot and per bin of each feature, labelled rows, and what went wrong meanwhile.
///
/// Mergeable in any order (the parts of replicas, or of consecutive intervals). Built for one
/// calibration: windows of another shape do not merge.
class Window {
 public:
  explicit Window(const Calibration& calibration);

  /// One feature's rows, coded by that feature's bins.
  void add_codes(std::size_t feature, std::span<const std::uint8_t> codes);
  /// The rows' moments and slots; once per row, beside `add_codes` for every feature.
  void add_rows(std::span<const std::int64_t> time_ns, std::span<const std::uint16_t> slots);
  void add_label(bool correct);
  /// Rows that failed or alarmed elsewhere: the window will never enter a reference.
  void mark_unfit() { unfit_ = true; }

  /// Errors: kInvalidArgument if the shapes differ.
  Status merge(const Window& other);

  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  /// Earliest and latest event time; meaningless while there are no rows.
  [[nodiscard]] std::int64_t first_ns() const { return first_ns_; }
  [[nodiscard]] std::int64_t last_ns() const { return last_ns_; }
  [[nodiscard]] std::span<const std::uint64_t> slot_rows() const { return slot_rows_; }
  [[nodiscard]] std::span<const std::uint64_t> counts(std::size_t feature) const;
  [[nodiscard]] std::size_t features() const { return starts_.size() - 1; }
  [[nodiscard]] std::uint64_t labelled() const { return labelled_; }
  [[nodiscard]] std::uint64_t correct() const { return correct_; }
  [[nodiscard]] bool unfit() const { return unfit_; }

  void write(stats::ByteWriter& out) const;
  /// Errors: kInvalidArgument for damaged bytes or a window of another calibration.
  static Result<Window> read(stats::ByteReader& in, const Calibration& calibration);
  bool operator==(const Window&) const = default;

 private:
  std::uint64_t rows_ = 0;
  std::int64_t first_ns_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t last_ns_ = std::numeric_limits<std::int64_t>::min();
  std::vector<std::uint64_t> slot_rows_;
  // Feature f's bins are counts_[starts_[f] .. starts_[f + 1]).
  std::vector<std::size_t> starts_;
  std::vector<std::uint64_t> counts_;
  std::uint64_t labelled_ = 0;
  std::uint64_t correct_ = 0;
  bool unfit_ = false;
};

}  // namespace temper::drift
