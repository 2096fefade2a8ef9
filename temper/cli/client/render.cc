#include "temper/cli/client/render.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "temper/gateway/oip/json_response.h"

namespace temper::client {
namespace {

constexpr std::size_t kMaxElementsPerRow = 16;

template <typename T>
T element(const Tensor& tensor, std::size_t index) {
  T value;
  std::memcpy(&value, tensor.data.data() + index * sizeof(T), sizeof(T));
  return value;
}

std::string number_text(const Tensor& tensor, std::size_t index) {
  switch (tensor.datatype) {
    case DataType::kBool:
      return element<std::uint8_t>(tensor, index) != 0 ? "true" : "false";
    case DataType::kUint8:
      return fmt::format("{}", element<std::uint8_t>(tensor, index));
    case DataType::kUint16:
      return fmt::format("{}", element<std::uint16_t>(tensor, index));
    case DataType::kUint32:
      return fmt::format("{}", element<std::uint32_t>(tensor, index));
    case DataType::kUint64:
      return fmt::format("{}", element<std::uint64_t>(tensor, index));
    case DataType::kInt8:
      return fmt::format("{}", element<std::int8_t>(tensor, index));
    case DataType::kInt16:
      return fmt::format("{}", element<std::int16_t>(tensor, index));
    case DataType::kInt32:
      return fmt::format("{}", element<std::int32_t>(tensor, index));
    case DataType::kInt64:
      return fmt::format("{}", element<std::int64_t>(tensor, index));
    case DataType::kFp32:
      return fmt::format("{}", element<float>(tensor, index));
    case DataType::kFp64:
      return fmt::format("{}", element<double>(tensor, index));
    case DataType::kFp16:
    case DataType::kBf16:
      return fmt::format("{:#06x}", element<std::uint16_t>(tensor, index));
    case DataType::kBytes:
      break;
  }
  return {};
}

std::vector<std::string> element_texts(const Tensor& tensor, std::size_t count) {
  std::vector<std::string> texts;
  if (tensor.datatype == DataType::kBytes) {
    if (const auto elements = string_elements(tensor)) {
      for (const std::string_view each : *elements) texts.push_back(fmt::format("\"{}\"", each));
    }
    texts.resize(count);
    return texts;
  }
  texts.reserve(count);
  for (std::size_t k = 0; k < count; ++k) texts.push_back(number_text(tensor, k));
  return texts;
}

std::string parameter_text(const oip::ParameterValue& value) {
  return std::visit([](const auto& each) { return fmt::format("{}", each); }, value);
}

}  // namespace

std::string tensor_text(const Tensor& tensor, std::size_t max_rows) {
  const auto total = element_count(tensor.shape);
  if (!total) return "  (" + total.error().message + ")\n";
  const auto rows = static_cast<std::size_t>(std::max<std::int64_t>(tensor.rows(), 0));
  const std::size_t width = rows == 0 ? 0 : *total / rows;
  const std::size_t shown_rows = std::min(rows, max_rows);
  const std::size_t shown_width = std::min(width, kMaxElementsPerRow);
  const std::vector<std::string> texts = element_texts(tensor, shown_rows * width);
  std::string out;
  for (std::size_t row = 0; row < shown_rows; ++row) {
    out += " ";
    for (std::size_t k = 0; k < shown_width; ++k) out += " " + texts[row * width + k];
    if (width > shown_width) out += fmt::format(" ... ({} more)", width - shown_width);
    out += "\n";
  }
  if (rows > shown_rows) out += fmt::format("  ... ({} more rows)\n", rows - shown_rows);
  return out;
}

std::string reply_text(const oip::InferReply& reply) {
  std::string out = fmt::format("model {} version {}\n", reply.model_name, reply.model_version);
  for (const oip::NamedTensor& output : reply.outputs) {
    out += fmt::format("{} {} {}\n", output.name, data_type_name(output.tensor.datatype),
                       shape_text(output.tensor.shape));
    out += tensor_text(output.tensor);
  }
  for (const oip::Parameter& parameter : reply.parameters) {
    if (!parameter.name.starts_with("temper_")) continue;
    out += fmt::format("{} {}\n", parameter.name, parameter_text(parameter.value));
  }
  return out;
}

Result<std::string> reply_json(const oip::InferReply& reply) {
  std::vector<oip::ParameterView> parameters;
  parameters.reserve(reply.parameters.size());
  for (const oip::Parameter& each : reply.parameters) {
    parameters.push_back(
        {.name = each.name,
         .value = std::visit([](const auto& value) -> oip::ParameterValueView { return value; },
                             each.value)});
  }
  std::vector<oip::OutputView> outputs;
  outputs.reserve(reply.outputs.size());
  for (const oip::NamedTensor& each : reply.outputs) {
    outputs.push_back({.name = each.name, .tensor = &each.tensor, .binary = false});
  }
  std::string out;
  const auto encoded = oip::append_infer_response(out, {.model_name = reply.model_name,
                                                        .model_version = reply.model_version,
                                                        .id = reply.id,
                                                        .parameters = parameters,
                                                        .outputs = outputs});
  if (!encoded) return std::unexpected(encoded.error());
  return out;
}

std::string table_text(const std::vector<std::string>& headings,
                       const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  widths.reserve(headings.size());
  for (const std::string& heading : headings) widths.push_back(heading.size());
  for (const auto& row : rows) {
    for (std::size_t k = 0; k < row.size(); ++k) widths[k] = std::max(widths[k], row[k].size());
  }
  std::string out;
  const auto line = [&](const std::vector<std::string>& cells) {
    for (std::size_t k = 0; k < cells.size(); ++k) {
      out += k == 0 ? fmt::format("{:<{}}", cells[k], widths[k])
                    : fmt::format("  {:>{}}", cells[k], widths[k]);
    }
    out += "\n";
  };
  line(headings);
  for (const auto& row : rows) line(row);
  return out;
}

std::string count_text(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

}  // namespace temper::client
