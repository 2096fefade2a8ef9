// Answers of many requests as columns of a table: one row per event, in the events' order.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "temper/core/result.h"
#include "temper/data/table.h"
#include "temper/gateway/oip/client_codec.h"

namespace temper::client {

/// Columns for a model's outputs, shaped by a first answer: an output [rows] or [rows, 1] is one
/// column of its name, [rows, K] is K columns NAME_0 .. NAME_(K-1). Outputs of other shapes have
/// none.
///
/// Threads: `put` may be called from several threads at once for disjoint rows.
class PredictionColumns {
 public:
  static Result<PredictionColumns> create(const oip::InferReply& first, std::size_t rows);

  /// Writes an answer's rows to [first, first + count). Errors: kInternal when the answer's outputs
  /// do not have the first one's names, datatypes and shapes.
  [[nodiscard]] Status put(const oip::InferReply& reply, std::size_t first, std::size_t count);
  [[nodiscard]] bool is_answered(std::size_t row) const { return version_.present[row] != 0; }

  struct Output {
    std::string name;
    DataType datatype = DataType::kFp32;
    /// Index of its first column in `columns`, and how many there are.
    std::size_t first_column = 0;
    std::size_t width = 1;
  };
  [[nodiscard]] const std::vector<Output>& outputs() const { return outputs_; }
  [[nodiscard]] const std::vector<data::Column>& columns() const { return columns_; }
  /// "ID/k" for row k of a request, as feedback names it.
  [[nodiscard]] const data::Column& prediction_ids() const { return prediction_id_; }
  [[nodiscard]] const data::Column& versions() const { return version_; }

 private:
  std::vector<Output> outputs_;
  std::vector<data::Column> columns_;
  data::Column prediction_id_;
  data::Column version_;
};

}  // namespace temper::client
