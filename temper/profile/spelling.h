// "Did you mean": the nearest of a few known words.
#pragma once

#include <span>
#include <string_view>

namespace temper::profile {

/// Least number of single-character insertions, deletions, substitutions and swaps of neighbours
/// that turn one into the other (optimal string alignment). O(a.size() * b.size()).
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known word nearest to `word`, at most a third of its length away (at least 1); "" if none.
[[nodiscard]] std::string_view nearest_word(std::string_view word,
                                            std::span<const std::string_view> known);

}  // namespace temper::profile
