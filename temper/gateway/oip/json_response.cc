#include "temper/gateway/oip/json_response.h"

#include <simdjson.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "temper/core/log.h"
#include "temper/gateway/oip/json_tensor.h"

namespace temper::oip {
namespace {

template <typename Float>
void append_shortest(std::string& out, Float value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  out.append(text.data(), end);
}

void append_parameter_value(std::string& out, const ParameterValueView& value) {
  std::visit(
      [&out](const auto& each) {
        using Value = std::decay_t<decltype(each)>;
        if constexpr (std::is_same_v<Value, std::string_view>) {
          append_quoted(out, each);
        } else {
          append_scalar(out, each);
        }
      },
      value);
}

void append_parameters(std::string& out, std::span<const ParameterView> parameters) {
  out += R"(,"parameters":{)";
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (i > 0) out += ',';
    append_quoted(out, parameters[i].name);
    out += ':';
    append_parameter_value(out, parameters[i].value);
  }
  out += '}';
}

/// Length of the well-formed UTF-8 sequence at the front of `text`; 0 where there is none.
std::size_t sequence_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  return length <= text.size() && simdjson::validate_utf8(text.substr(0, length)) ? length : 0;
}

}  // namespace

Result<EncodedResponse> append_infer_response(std::string& out, const InferResponseView& response) {
  const std::size_t start = out.size();
  out += R"({"model_name":)";
  append_quoted(out, response.model_name);
  out += R"(,"model_version":)";
  append_quoted(out, response.model_version);
  if (!response.id.empty()) {
    out += R"(,"id":)";
    append_quoted(out, response.id);
  }
  if (!response.parameters.empty()) append_parameters(out, response.parameters);
  out += R"(,"outputs":[)";
  EncodedResponse encoded;
  for (std::size_t i = 0; i < response.outputs.size(); ++i) {
    if (i > 0) out += ',';
    encoded.has_binary = encoded.has_binary || response.outputs[i].binary;
    if (Status appended = append_tensor(out, response.outputs[i]); !appended) {
      out.resize(start);
      return std::unexpected(std::move(appended).error());
    }
  }
  out += "]}";
  encoded.json_size = out.size() - start;
  for (const OutputView& output : response.outputs) {
    if (!output.binary) continue;
    out.append(reinterpret_cast<const char*>(output.tensor->data.data()),
               output.tensor->data.size());
  }
  return encoded;
}

void append_error(std::string& out, const Error& error) {
  out += R"({"error":)";
  append_quoted(out, error.message);
  out += '}';
}

std::string error_body(const Error& error) {
  std::string out;
  append_error(out, error);
  return out;
}

void append_number(std::string& out, float value) { append_shortest(out, value); }
void append_number(std::string& out, double value) { append_shortest(out, value); }

void append_quoted(std::string& out, std::string_view text) {
  const bool plain = [&] {
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x20 || byte >= 0x80 || c == '"' || c == '\\') return false;
    }
    return true;
  }();
  if (plain) {
    out += '"';
    out += text;
    out += '"';
    return;
  }
  if (simdjson::validate_utf8(text)) {
    out += log::json_quote(text);
    return;
  }
  std::string repaired;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    repaired += length > 0 ? text.substr(0, length) : std::string_view("\xEF\xBF\xBD");
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  out += log::json_quote(repaired);
}

}  // namespace temper::oip
