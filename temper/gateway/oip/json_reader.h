// A parsed JSON document with the checks that simdjson's DOM leaves out, and messages that name the
// place. Private to this folder.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "temper/core/result.h"

namespace temper::oip {

/// Parses `json` with this thread's parser; the document lives until the next call on this thread.
/// Errors: kInvalidArgument.
[[nodiscard]] Result<simdjson::dom::element> parse_json(std::span<const std::byte> json);

/// A place in a document, chained to the place around it; spelled as a JSON pointer only when
/// something is wrong there. Must not outlive the place it was made from.
class Place {
 public:
  Place() = default;
  [[nodiscard]] Place member(std::string_view name) const { return {this, name, 0}; }
  [[nodiscard]] Place item(std::size_t index) const { return {this, {}, index}; }
  [[nodiscard]] std::string text() const { return parent_ == nullptr ? "/" : path(); }

 private:
  Place(const Place* parent, std::string_view name, std::size_t index)
      : parent_(parent), name_(name), index_(index) {}
  [[nodiscard]] std::string path() const {
    if (parent_ == nullptr) return {};
    return parent_->path() + "/" + (name_.empty() ? std::to_string(index_) : std::string(name_));
  }
  const Place* parent_ = nullptr;
  std::string_view name_;
  std::size_t index_ = 0;
};

/// "a string", "an object", ...
[[nodiscard]] std::string_view kind_of(const simdjson::dom::element& element);

[[nodiscard]] std::unexpected<Error> wrong_kind(const Place& place, std::string_view expected,
                                                const simdjson::dom::element& found);

[[nodiscard]] Result<simdjson::dom::object> as_object(const simdjson::dom::element& element,
                                                      const Place& place);
[[nodiscard]] Result<simdjson::dom::array> as_array(const simdjson::dom::element& element,
                                                    const Place& place);
[[nodiscard]] Result<std::string_view> as_string(const simdjson::dom::element& element,
                                                 const Place& place);
[[nodiscard]] Result<bool> as_bool(const simdjson::dom::element& element, const Place& place);
/// A number without a fraction within int64.
[[nodiscard]] Result<std::int64_t> as_integer(const simdjson::dom::element& element,
                                              const Place& place);

/// simdjson keeps both of two equal keys; which one a reader sees would be anybody's guess. Errors:
/// kInvalidArgument naming the key.
[[nodiscard]] Status check_unique_keys(const simdjson::dom::object& object, const Place& place);

}  // namespace temper::oip
