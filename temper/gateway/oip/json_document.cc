#include "temper/gateway/oip/json_document.h"

#include <fmt/format.h>

#include <cstring>
#include <limits>
#include <memory>

namespace temper::oip {
namespace {

/// Documents up to this size leave their memory to the thread's next one; the parser takes about
/// fourteen times a document's size.
constexpr std::size_t kKeptBytes = 256 << 10;

struct ParserState {
  simdjson::dom::parser parser;
  std::unique_ptr<char[]> buffer;
  std::size_t capacity = 0;
};

ParserState& thread_parser() {
  thread_local ParserState state;
  return state;
}

std::string_view reason(simdjson::error_code error) {
  if (error == simdjson::NUMBER_ERROR) {
    return "a number is malformed, or outside the range of 64-bit integers and of doubles";
  }
  return simdjson::error_message(error);
}

void append_pointer(std::string& out, const Place& place) {
  if (place.parent == nullptr) return;
  append_pointer(out, *place.parent);
  out += '/';
  if (place.is_index) {
    out += std::to_string(place.index);
    return;
  }
  for (const char c : place.key.substr(0, 64)) {
    // The escapes of RFC 6901.
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
}

}  // namespace

std::string Place::to_string() const {
  std::string text;
  append_pointer(text, *this);
  if (text.empty()) text = "(document)";
  return text;
}

std::string_view kind_name(const Element& element) {
  switch (element.type()) {
    case simdjson::dom::element_type::ARRAY:
      return "an array";
    case simdjson::dom::element_type::OBJECT:
      return "an object";
    case simdjson::dom::element_type::INT64:
    case simdjson::dom::element_type::UINT64:
      return "an integer";
    case simdjson::dom::element_type::DOUBLE:
      return "a number with fraction or exponent";
    case simdjson::dom::element_type::STRING:
      return "a string";
    case simdjson::dom::element_type::BOOL:
      return "a boolean";
    case simdjson::dom::element_type::NULL_VALUE:
      break;
  }
  return "null";
}

std::unexpected<Error> unexpected_value(const Place& place, std::string_view came,
                                        std::string_view expected) {
  return fail(ErrorCode::kInvalidArgument, "{}: {} came, expected {}", place.to_string(), came,
              expected);
}

Result<Element> parse_document(std::string_view text) {
  ParserState& state = thread_parser();
  if (state.capacity > kKeptBytes) {
    // What the last large document left behind.
    state.parser = simdjson::dom::parser();
    state.buffer.reset();
    state.capacity = 0;
  }
  if (text.empty()) return fail(ErrorCode::kInvalidArgument, "the body is empty, expected JSON");
  if (text.size() > state.capacity) {
    const std::size_t capacity = std::max<std::size_t>(text.size(), 4096);
    state.buffer = std::make_unique<char[]>(capacity + simdjson::SIMDJSON_PADDING);
    state.capacity = capacity;
  }
  std::memcpy(state.buffer.get(), text.data(), text.size());
  Element element;
  const auto error = state.parser.parse(state.buffer.get(), text.size(), false).get(element);
  if (error != simdjson::SUCCESS) {
    return fail(ErrorCode::kInvalidArgument, "the body is not valid JSON: {}", reason(error));
  }
  return element;
}

Status SeenKeys::add(std::string_view key, const Place& object) {
  const std::size_t inline_count = std::min(count_, kInline);
  bool twice = false;
  for (std::size_t k = 0; k < inline_count; ++k) twice |= first_[k] == key;
  for (const std::string_view other : rest_) twice |= other == key;
  if (twice) {
    return fail(ErrorCode::kInvalidArgument, "{}: the key comes twice, expected once",
                object.member(key).to_string());
  }
  if (count_ == kMaxParameters) {
    return fail(ErrorCode::kInvalidArgument, "{}: expected at most {} members", object.to_string(),
                kMaxParameters);
  }
  if (count_ < kInline) {
    first_[count_] = key;
  } else {
    rest_.push_back(key);
  }
  ++count_;
  return {};
}

Result<simdjson::dom::object> read_object(const Element& element, const Place& place) {
  simdjson::dom::object object;
  if (element.get(object) == simdjson::SUCCESS) return object;
  return unexpected_value(place, kind_name(element), "an object");
}

Result<simdjson::dom::array> read_array(const Element& element, const Place& place) {
  simdjson::dom::array array;
  if (element.get(array) == simdjson::SUCCESS) return array;
  return unexpected_value(place, kind_name(element), "an array");
}

Result<std::string_view> read_string(const Element& element, const Place& place) {
  std::string_view text;
  if (element.get(text) == simdjson::SUCCESS) return text;
  return unexpected_value(place, kind_name(element), "a string");
}

Result<bool> read_bool(const Element& element, const Place& place) {
  bool value = false;
  if (element.get(value) == simdjson::SUCCESS) return value;
  return unexpected_value(place, kind_name(element), "true or false");
}

Result<std::uint64_t> read_unsigned(const Element& element, const Place& place) {
  std::uint64_t value = 0;
  if (element.get(value) == simdjson::SUCCESS) return value;
  std::int64_t negative = 0;
  if (element.get(negative) == simdjson::SUCCESS) {
    return unexpected_value(place, std::to_string(negative), "0 or more");
  }
  return unexpected_value(place, kind_name(element), "an integer");
}

Result<ParameterValue> read_parameter(const Element& element, const Place& place) {
  switch (element.type()) {
    case simdjson::dom::element_type::BOOL:
      return ParameterValue(element.get_bool().value_unsafe());
    case simdjson::dom::element_type::INT64:
      return ParameterValue(element.get_int64().value_unsafe());
    case simdjson::dom::element_type::UINT64:
      return unexpected_value(place, std::to_string(element.get_uint64().value_unsafe()),
                              "an integer of at most 2^63 - 1");
    case simdjson::dom::element_type::DOUBLE:
      return ParameterValue(element.get_double().value_unsafe());
    case simdjson::dom::element_type::STRING:
      return ParameterValue(std::string(element.get_string().value_unsafe()));
    default:
      return unexpected_value(place, kind_name(element), "a string, a number or a boolean");
  }
}

}  // namespace temper::oip
