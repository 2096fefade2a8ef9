#include "temper/gateway/oip/json_response.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <vector>

namespace temper::oip {
namespace {

/// No shortest float, double or 64-bit integer is longer, a comma included.
constexpr std::size_t kMaxNumberBytes = 32;

template <typename T>
char* write_number(char* at, T value) {
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(value)) {
      std::memcpy(at, "null", 4);
      return at + 4;
    }
    if (value == 0) {
      // "-0" would be read as the integer 0, and the sign would be lost.
      const std::string_view zero = std::signbit(value) ? "-0.0" : "0";
      std::memcpy(at, zero.data(), zero.size());
      return at + zero.size();
    }
    // Above 2^53 the plain form may be an integer that does not fit 64 bits.
    if (std::fabs(value) >= T{9007199254740992.0}) {
      return std::to_chars(at, at + kMaxNumberBytes, value, std::chars_format::scientific).ptr;
    }
  }
  return std::to_chars(at, at + kMaxNumberBytes, value).ptr;
}

template <typename T>
void append_value(std::string& out, T value) {
  std::array<char, kMaxNumberBytes> text;
  const char* end = write_number(text.data(), value);
  out.append(text.data(), static_cast<std::size_t>(end - text.data()));
}

template <typename T>
void append_elements(std::string& out, std::span<const std::byte> data) {
  constexpr std::size_t kChunk = 256;
  const std::size_t count = data.size() / sizeof(T);
  const std::byte* from = data.data();
  for (std::size_t done = 0; done < count;) {
    const std::size_t chunk = std::min(kChunk, count - done);
    const std::size_t begin = out.size();
    out.resize_and_overwrite(begin + chunk * (kMaxNumberBytes + 1), [&](char* text, std::size_t) {
      char* at = text + begin;
      for (std::size_t k = 0; k < chunk; ++k, from += sizeof(T)) {
        T value;
        std::memcpy(&value, from, sizeof(T));
        if (done + k > 0) *at++ = ',';
        at = write_number(at, value);
      }
      return static_cast<std::size_t>(at - text);
    });
    done += chunk;
  }
}

void append_bools(std::string& out, std::span<const std::byte> data) {
  for (std::size_t k = 0; k < data.size(); ++k) {
    if (k > 0) out += ',';
    out += data[k] == std::byte{0} ? "false" : "true";
  }
}

Status append_strings(std::string& out, const OutputView& output) {
  TEMPER_TRY(const std::vector<std::string_view> elements, string_elements(*output.tensor));
  for (std::size_t k = 0; k < elements.size(); ++k) {
    if (!simdjson::validate_utf8(elements[k].data(), elements[k].size())) {
      return fail(ErrorCode::kInvalidArgument,
                  "output '{}': element {} is not UTF-8, expected the request to ask for binary "
                  "data (parameter binary_data)",
                  output.name, k);
    }
    if (k > 0) out += ',';
    append_quoted(out, elements[k]);
  }
  return {};
}

Status append_data(std::string& out, const OutputView& output) {
  const std::span<const std::byte> data = output.tensor->data;
  switch (output.tensor->datatype) {
    case DataType::kBool:
      append_bools(out, data);
      return {};
    case DataType::kUint8:
      append_elements<std::uint8_t>(out, data);
      return {};
    case DataType::kUint16:
      append_elements<std::uint16_t>(out, data);
      return {};
    case DataType::kUint32:
      append_elements<std::uint32_t>(out, data);
      return {};
    case DataType::kUint64:
      append_elements<std::uint64_t>(out, data);
      return {};
    case DataType::kInt8:
      append_elements<std::int8_t>(out, data);
      return {};
    case DataType::kInt16:
      append_elements<std::int16_t>(out, data);
      return {};
    case DataType::kInt32:
      append_elements<std::int32_t>(out, data);
      return {};
    case DataType::kInt64:
      append_elements<std::int64_t>(out, data);
      return {};
    case DataType::kFp32:
      append_elements<float>(out, data);
      return {};
    case DataType::kFp64:
      append_elements<double>(out, data);
      return {};
    case DataType::kBytes:
      return append_strings(out, output);
    case DataType::kFp16:
    case DataType::kBf16:
      break;
  }
  return fail(ErrorCode::kInvalidArgument,
              "output '{}': JSON has no {}, expected the request to ask for binary data (parameter "
              "binary_data)",
              output.name, data_type_name(output.tensor->datatype));
}

void append_parameter(std::string& out, const ParameterValueView& value) {
  std::visit(
      [&out](const auto& each) {
        using T = std::decay_t<decltype(each)>;
        if constexpr (std::is_same_v<T, bool>) {
          out += each ? "true" : "false";
        } else if constexpr (std::is_same_v<T, std::string_view>) {
          append_quoted(out, each);
        } else if constexpr (std::is_same_v<T, double>) {
          append_double(out, each);
        } else {
          append_value(out, each);
        }
      },
      value);
}

Status append_json(std::string& out, const InferResponseView& response) {
  out += R"({"model_name":)";
  append_quoted(out, response.model_name);
  out += R"(,"model_version":)";
  append_quoted(out, response.model_version);
  if (!response.id.empty()) {
    out += R"(,"id":)";
    append_quoted(out, response.id);
  }
  if (!response.parameters.empty()) {
    out += R"(,"parameters":)";
    char separator = '{';
    for (const ParameterView& parameter : response.parameters) {
      out += separator;
      separator = ',';
      append_quoted(out, parameter.name);
      out += ':';
      append_parameter(out, parameter.value);
    }
    out += '}';
  }
  out += R"(,"outputs":[)";
  for (std::size_t k = 0; k < response.outputs.size(); ++k) {
    if (k > 0) out += ',';
    TEMPER_TRY_STATUS(append_tensor(out, response.outputs[k]));
  }
  out += "]}";
  return {};
}

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

void append_escaped(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  switch (c) {
    case '"':
      out += R"(\")";
      return;
    case '\\':
      out += R"(\\)";
      return;
    case '\n':
      out += R"(\n)";
      return;
    case '\r':
      out += R"(\r)";
      return;
    case '\t':
      out += R"(\t)";
      return;
    default:
      if (byte >= 0x20) {
        out += c;
        return;
      }
      out += R"(\u00)";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
  }
}

/// Bytes of the well-formed sequence that starts `text`; 0 where none does.
std::size_t utf8_sequence(std::string_view text) {
  for (std::size_t size = 1; size <= std::min<std::size_t>(4, text.size()); ++size) {
    if (simdjson::validate_utf8(text.data(), size)) return size;
  }
  return 0;
}

}  // namespace

Status append_tensor(std::string& out, const OutputView& output) {
  const Tensor& tensor = *output.tensor;
  if (Status fine = check_tensor(tensor, output.name); !fine) {
    fine.error().code = ErrorCode::kInternal;
    return fine;
  }
  out += R"({"name":)";
  append_quoted(out, output.name);
  out += R"(,"datatype":")";
  out += data_type_name(tensor.datatype);
  out += R"(","shape":[)";
  for (std::size_t k = 0; k < tensor.shape.size(); ++k) {
    if (k > 0) out += ',';
    append_value(out, tensor.shape[k]);
  }
  if (output.binary) {
    out += R"(],"parameters":{"binary_data_size":)";
    append_value(out, tensor.data.size());
    out += "}}";
    return {};
  }
  out += R"(],"data":[)";
  TEMPER_TRY_STATUS(append_data(out, output));
  out += "]}";
  return {};
}

Result<EncodedResponse> append_infer_response(std::string& out, const InferResponseView& response) {
  const std::size_t begin = out.size();
  if (const Status fine = append_json(out, response); !fine) {
    out.resize(begin);
    return std::unexpected(fine.error());
  }
  EncodedResponse encoded{.json_size = out.size() - begin, .has_binary = false};
  for (const OutputView& output : response.outputs) {
    if (!output.binary) continue;
    encoded.has_binary = true;
    const std::span<const std::byte> data = output.tensor->data;
    out.append(reinterpret_cast<const char*>(data.data()), data.size());
  }
  return encoded;
}

void append_error(std::string& out, const Error& error) {
  out += R"({"error":)";
  append_quoted(out, error.message);
  out += '}';
}

std::string error_body(const Error& error) {
  std::string body;
  append_error(body, error);
  return body;
}

void append_number(std::string& out, float value) { append_value(out, value); }

void append_number(std::string& out, double value) { append_value(out, value); }

void append_double(std::string& out, double value) {
  const std::size_t begin = out.size();
  append_value(out, value);
  if (out.find_first_of(".en", begin) == std::string::npos) out += ".0";
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  if (std::all_of(text.begin(), text.end(), is_plain)) {
    out += text;
    out += '"';
    return;
  }
  const bool valid = simdjson::validate_utf8(text.data(), text.size());
  for (std::size_t k = 0; k < text.size();) {
    if (valid || static_cast<unsigned char>(text[k]) < 0x80) {
      append_escaped(out, text[k++]);
      continue;
    }
    const std::size_t size = utf8_sequence(text.substr(k));
    out += size == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(k, size);
    k += std::max<std::size_t>(size, 1);
  }
  out += '"';
}

}  // namespace temper::oip
