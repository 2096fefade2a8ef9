// The first line of a CSV file: its separator and its columns' names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "temper/core/result.h"

namespace temper::data {

struct CsvHeader {
  char separator = ',';
  std::vector<std::string> names;

  bool operator==(const CsvHeader&) const = default;
};

/// Reads the first line of `head`. The separator is whichever of , ; tab | the line has most of
/// outside quotes, in that order where they tie; a doubled quote inside quotes is a quote.
/// Errors: kInvalidArgument for an empty name, and for two names that differ only in case, since
/// columns are then not told apart.
[[nodiscard]] Result<CsvHeader> parse_csv_header(std::string_view head);

}  // namespace temper::data
