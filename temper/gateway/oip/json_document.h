// Private to this folder: a parsed document, where in it we are, and reading its members.
//
// simdjson's tape, not its on-demand walk: the latter accepts malformed text that it skips.
#pragma once

#include <simdjson.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/result.h"
#include "temper/gateway/oip/infer.h"

namespace temper::oip {

using Element = simdjson::dom::element;

/// A place in the document: links that live on the stack, spelled as a JSON pointer only when
/// something is wrong.
struct Place {
  const Place* parent = nullptr;
  std::string_view key;
  std::size_t index = 0;
  bool is_index = false;

  [[nodiscard]] Place member(std::string_view name) const {
    return {.parent = this, .key = name, .index = 0, .is_index = false};
  }
  [[nodiscard]] Place at(std::size_t position) const {
    return {.parent = this, .key = {}, .index = position, .is_index = true};
  }
  /// "/inputs/0/data/3"; "(document)" for the root.
  [[nodiscard]] std::string to_string() const;
};

/// "a string", "an array", ...
[[nodiscard]] std::string_view kind_name(const Element& element);

/// "<place>: <what> came, expected <expected>".
[[nodiscard]] std::unexpected<Error> unexpected_value(const Place& place, std::string_view came,
                                                      std::string_view expected);

/// Parses `text` with the calling thread's parser. The element lives until that thread parses
/// again.
[[nodiscard]] Result<Element> parse_document(std::string_view text);

/// Refuses keys that come twice, and objects of more than `kMaxParameters` members: without the
/// bound, the search for twins would take quadratic time.
class SeenKeys {
 public:
  [[nodiscard]] Status add(std::string_view key, const Place& object);

 private:
  static constexpr std::size_t kInline = 8;
  std::array<std::string_view, kInline> first_;
  std::vector<std::string_view> rest_;
  std::size_t count_ = 0;
};

[[nodiscard]] Result<simdjson::dom::object> read_object(const Element& element, const Place& place);
[[nodiscard]] Result<simdjson::dom::array> read_array(const Element& element, const Place& place);
[[nodiscard]] Result<std::string_view> read_string(const Element& element, const Place& place);
[[nodiscard]] Result<bool> read_bool(const Element& element, const Place& place);
[[nodiscard]] Result<std::uint64_t> read_unsigned(const Element& element, const Place& place);

/// A parameter's value: boolean, number or string.
[[nodiscard]] Result<ParameterValue> read_parameter(const Element& element, const Place& place);

/// Calls `take(key, value, place)` for each member that is not null, after the checks of SeenKeys.
template <typename Take>
[[nodiscard]] Status for_each_member(const Element& element, const Place& place, Take&& take) {
  TEMPER_TRY(const simdjson::dom::object object, read_object(element, place));
  SeenKeys seen;
  for (const auto& [key, value] : object) {
    TEMPER_TRY_STATUS(seen.add(key, place));
    if (value.is_null()) continue;
    TEMPER_TRY_STATUS(take(key, value, place.member(key)));
  }
  return {};
}

}  // namespace temper::oip
