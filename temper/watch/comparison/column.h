// One column against its reference.
#pragma once

#include "temper/data/table.h"
#include "temper/model/reference/summary.h"
#include "temper/watch/comparison/comparison.h"

namespace temper::comparison {

/// Two raw columns of one name. The kind is the reference's, or the current one's where the
/// reference has no values. Where one side holds texts, or times, and the other does not, the
/// shares of numbers, texts and times are compared, with a note.
[[nodiscard]] ColumnComparison compare_columns(const data::Column& reference,
                                               const data::Column& current);

/// A stored summary and a raw column. Texts where the reference has numbers count as missing, with
/// a note.
[[nodiscard]] ColumnComparison compare_column(const ColumnSummary& reference,
                                              const data::Column& current);

}  // namespace temper::comparison
