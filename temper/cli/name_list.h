// "a,b,c" as names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace temper::cli {

/// The names between commas, without surrounding blanks and without empty ones.
[[nodiscard]] std::vector<std::string> split_names(std::string_view list);

}  // namespace temper::cli
