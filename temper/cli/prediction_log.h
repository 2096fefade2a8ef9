// The log of a model that others serve: a table of what it was asked and what it answered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "temper/cli/client/table_inputs.h"
#include "temper/core/result.h"
#include "temper/data/table.h"
#include "temper/model/tensor/signature.h"
#include "temper/profile/profile.h"
#include "temper/watch/drift/drift_reference.h"

namespace temper::cli {

/// Which columns of a log are neither asked nor answered, and which are answers.
struct LogColumns {
  /// Of timestamps, or of integers (nanoseconds since 1970); empty = the only one of timestamps.
  std::string time;
  /// Empty = the log has no labels.
  std::string label;
  /// The first is what labels are compared with.
  std::vector<std::string> predictions;
  std::vector<std::string> excluded;
};

/// The model as its log shows it: an input [rows] for each feature and an output [rows] for each
/// prediction, texts as BYTES and everything else as FP64. Features are all columns but those of
/// `columns` and further timestamps. Errors: as data::read_table; kInvalidArgument where a column
/// named is missing, or none is left.
[[nodiscard]] Result<Signature> signature_of_log(const std::filesystem::path& file,
                                                 const LogColumns& columns);

/// The same from what was learned of an earlier log.
[[nodiscard]] Signature signature_of(const drift::DriftReference& reference);

class PredictionLog {
 public:
  /// Reads the columns that `signature` needs, time and label, in the order of time. Errors: as
  /// data::read_table; kInvalidArgument where a column is missing or its type does not fit, where
  /// the time's column cannot be told, or a row has no time.
  static Result<PredictionLog> read(const std::filesystem::path& file, const Signature& signature,
                                    LogColumns columns);

  [[nodiscard]] std::size_t rows() const { return table_.rows(); }
  [[nodiscard]] const std::vector<std::int64_t>& times_ns() const;
  /// Of rows [first, first + count), in signature order.
  [[nodiscard]] Result<std::vector<Tensor>> inputs(std::size_t first, std::size_t count) const;
  [[nodiscard]] Result<std::vector<Tensor>> outputs(std::size_t first, std::size_t count) const;
  /// As text; empty where the row has none.
  [[nodiscard]] std::optional<std::string> label(std::size_t row) const;
  /// Whether the first prediction is the label; empty without either.
  [[nodiscard]] std::optional<bool> correct(std::size_t row) const;

 private:
  PredictionLog() = default;

  data::Table table_;
  std::size_t time_ = 0;
  std::optional<std::size_t> label_;
  std::optional<std::size_t> prediction_;
  std::optional<client::TableInputs> inputs_;
  std::optional<client::TableInputs> outputs_;
};

/// What is normal for the model: how features and predictions spread and wander, and the share of
/// labels that were predicted. Errors: those of drift::learn.
[[nodiscard]] Result<drift::DriftReference> learn_from_log(const PredictionLog& log,
                                                           const Signature& signature,
                                                           const profile::Drift& policy);

}  // namespace temper::cli
