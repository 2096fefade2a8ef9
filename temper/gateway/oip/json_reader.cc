#include "temper/gateway/oip/json_reader.h"

#include <algorithm>
#include <vector>

namespace temper::oip {
namespace {

/// A parser keeps the memory of its largest document; beyond this it is dropped after use.
constexpr std::size_t kKeptBytes = std::size_t{1} << 20;
/// Deeper nesting than any tensor needs.
constexpr std::size_t kMaxDepth = 64;
/// Up to here every pair of keys is compared; beyond it they are sorted first.
constexpr std::size_t kPairwiseKeys = 16;

}  // namespace

Result<simdjson::dom::element> parse_json(std::span<const std::byte> json) {
  thread_local simdjson::dom::parser parser;
  thread_local std::size_t largest = 0;
  if (largest > kKeptBytes) {
    parser = simdjson::dom::parser();
    largest = 0;
  }
  if (json.empty()) return fail(ErrorCode::kInvalidArgument, "the body is empty, expected JSON");
  largest = std::max(largest, json.size());
  simdjson::error_code error = simdjson::SUCCESS;
  if (parser.max_depth() != kMaxDepth || parser.capacity() < json.size()) {
    error = parser.allocate(std::max<std::size_t>(json.size(), 4096), kMaxDepth);
  }
  simdjson::dom::element root;
  if (error == simdjson::SUCCESS) {
    error = parser.parse(reinterpret_cast<const std::uint8_t*>(json.data()), json.size(), true)
                .get(root);
  }
  if (error != simdjson::SUCCESS) {
    return fail(ErrorCode::kInvalidArgument, "the body is not valid JSON: {}",
                simdjson::error_message(error));
  }
  return root;
}

std::string_view kind_of(const simdjson::dom::element& element) {
  switch (element.type()) {
    case simdjson::dom::element_type::ARRAY:
      return "an array";
    case simdjson::dom::element_type::OBJECT:
      return "an object";
    case simdjson::dom::element_type::INT64:
    case simdjson::dom::element_type::UINT64:
      return "an integer";
    case simdjson::dom::element_type::DOUBLE:
      return "a number with a fraction";
    case simdjson::dom::element_type::STRING:
      return "a string";
    case simdjson::dom::element_type::BOOL:
      return "a boolean";
    case simdjson::dom::element_type::NULL_VALUE:
      return "null";
  }
  return "something else";
}

std::unexpected<Error> wrong_kind(const Place& place, std::string_view expected,
                                  const simdjson::dom::element& found) {
  return fail(ErrorCode::kInvalidArgument, "{}: {}, expected {}", place.text(), kind_of(found),
              expected);
}

Result<simdjson::dom::object> as_object(const simdjson::dom::element& element, const Place& place) {
  simdjson::dom::object object;
  if (element.get(object) != simdjson::SUCCESS) return wrong_kind(place, "an object", element);
  return object;
}

Result<simdjson::dom::array> as_array(const simdjson::dom::element& element, const Place& place) {
  simdjson::dom::array array;
  if (element.get(array) != simdjson::SUCCESS) return wrong_kind(place, "an array", element);
  return array;
}

Result<std::string_view> as_string(const simdjson::dom::element& element, const Place& place) {
  std::string_view text;
  if (element.get(text) != simdjson::SUCCESS) return wrong_kind(place, "a string", element);
  return text;
}

Result<bool> as_bool(const simdjson::dom::element& element, const Place& place) {
  bool value = false;
  if (element.get(value) != simdjson::SUCCESS) return wrong_kind(place, "a boolean", element);
  return value;
}

Result<std::int64_t> as_integer(const simdjson::dom::element& element, const Place& place) {
  if (element.type() == simdjson::dom::element_type::UINT64) {
    return fail(ErrorCode::kInvalidArgument, "{}: the integer is beyond 2^63 - 1", place.text());
  }
  std::int64_t value = 0;
  if (element.type() != simdjson::dom::element_type::INT64 ||
      element.get(value) != simdjson::SUCCESS) {
    return wrong_kind(place, "an integer", element);
  }
  return value;
}

Status check_unique_keys(const simdjson::dom::object& object, const Place& place) {
  std::vector<std::string_view> sorted;
  std::array<std::string_view, kPairwiseKeys> few;
  std::size_t count = 0;
  for (const auto& [key, value] : object) {
    if (count < kPairwiseKeys) {
      if (std::find(few.begin(), few.begin() + static_cast<std::ptrdiff_t>(count), key) !=
          few.begin() + static_cast<std::ptrdiff_t>(count)) {
        return fail(ErrorCode::kInvalidArgument, "{}: the key '{}' comes twice", place.text(), key);
      }
      few[count] = key;
    } else {
      if (sorted.empty()) sorted.assign(few.begin(), few.end());
      sorted.push_back(key);
    }
    ++count;
  }
  std::ranges::sort(sorted);
  if (const auto twice = std::ranges::adjacent_find(sorted); twice != sorted.end()) {
    return fail(ErrorCode::kInvalidArgument, "{}: the key '{}' comes twice", place.text(), *twice);
  }
  return {};
}

}  // namespace temper::oip
