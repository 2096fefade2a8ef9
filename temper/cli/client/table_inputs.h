// Model inputs made from the columns of a table.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "temper/core/result.h"
#include "temper/data/table.h"
#include "temper/gateway/oip/infer.h"
#include "temper/model/tensor/signature.h"

namespace temper::client {

/// Which columns feed which input. Decided once per table, then applied to any rows of it.
///
/// An input is fed by the column of its own name, as [rows] or [rows, 1]. Where the model's one
/// input is a matrix [rows, F] and no column has its name, the columns of `features` feed it, side
/// by side; `features` empty = all columns but those of `not_features`, in the table's order.
class TableInputs {
 public:
  struct Options {
    std::vector<std::string> features;
    /// Label, time: never part of a feature matrix.
    std::vector<std::string> not_features;
  };

  /// `table` gives names and types; its rows are not looked at. Errors: kInvalidArgument naming the
  /// input, what it needs and the columns there are.
  static Result<TableInputs> create(const Signature& signature, const data::Table& table,
                                    const Options& options);

  /// Tensors of rows [first, first + count) of a table with the same columns.
  ///
  /// A missing value becomes NaN in a floating-point input and "" in BYTES; numbers become BYTES as
  /// they print. Errors: kInvalidArgument naming column and row for a missing value in an integer
  /// or boolean input, and for a number that an integer input cannot hold exactly.
  [[nodiscard]] Result<std::vector<oip::NamedTensor>> build(const data::Table& table,
                                                            std::size_t first,
                                                            std::size_t count) const;

 private:
  struct Feed {
    TensorSpec input;
    /// Indices of the table's columns, one, or F for a matrix.
    std::vector<std::size_t> columns;
  };
  std::vector<Feed> feeds_;
};

}  // namespace temper::client
