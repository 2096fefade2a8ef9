#include "temper/cli/client/prediction_columns.h"

#include <cstring>
#include <variant>

namespace temper::client {
namespace {

using data::Column;

/// Of a BYTES, floating-point, boolean or integer output.
Column empty_column(std::string name, DataType type, std::size_t rows) {
  Column column;
  switch (type) {
    case DataType::kBytes:
      column = Column::of_strings(std::move(name), std::vector<std::string>(rows));
      break;
    case DataType::kFp32:
    case DataType::kFp64:
      column = Column::of_numbers(std::move(name), std::vector<double>(rows));
      break;
    case DataType::kBool:
      column = Column::of_bools(std::move(name), std::vector<std::uint8_t>(rows));
      break;
    default:
      column = Column::of_integers(std::move(name), std::vector<std::int64_t>(rows));
      break;
  }
  column.present.assign(rows, 0);
  return column;
}

bool has_columns(DataType type) { return type != DataType::kFp16 && type != DataType::kBf16; }

/// [rows] = 1, [rows, K] = K, anything else 0.
std::size_t width_of(const Tensor& tensor) {
  if (tensor.shape.size() == 1) return 1;
  if (tensor.shape.size() == 2 && tensor.shape[1] > 0) {
    return static_cast<std::size_t>(tensor.shape[1]);
  }
  return 0;
}

template <typename T, typename U>
void copy_strided(const Tensor& tensor, std::size_t width, std::size_t offset, std::span<U> out) {
  for (std::size_t row = 0; row < out.size(); ++row) {
    T value;
    std::memcpy(&value, tensor.data.data() + (row * width + offset) * sizeof(T), sizeof(T));
    out[row] = static_cast<U>(value);
  }
}

void copy_integers(const Tensor& tensor, std::size_t width, std::size_t offset,
                   std::span<std::int64_t> out) {
  switch (tensor.datatype) {
    case DataType::kUint8:
      return copy_strided<std::uint8_t>(tensor, width, offset, out);
    case DataType::kUint16:
      return copy_strided<std::uint16_t>(tensor, width, offset, out);
    case DataType::kUint32:
      return copy_strided<std::uint32_t>(tensor, width, offset, out);
    case DataType::kUint64:
      return copy_strided<std::uint64_t>(tensor, width, offset, out);
    case DataType::kInt8:
      return copy_strided<std::int8_t>(tensor, width, offset, out);
    case DataType::kInt16:
      return copy_strided<std::int16_t>(tensor, width, offset, out);
    case DataType::kInt32:
      return copy_strided<std::int32_t>(tensor, width, offset, out);
    default:
      return copy_strided<std::int64_t>(tensor, width, offset, out);
  }
}

struct Target {
  std::size_t first;
  std::size_t count;
};

Status put_column(const Tensor& tensor, std::size_t width, std::size_t offset, Target rows,
                  Column& column) {
  if (auto* numbers = std::get_if<std::vector<double>>(&column.values)) {
    const auto out = std::span(*numbers).subspan(rows.first, rows.count);
    if (tensor.datatype == DataType::kFp32) {
      copy_strided<float>(tensor, width, offset, out);
    } else {
      copy_strided<double>(tensor, width, offset, out);
    }
  } else if (auto* integers = std::get_if<std::vector<std::int64_t>>(&column.values)) {
    copy_integers(tensor, width, offset, std::span(*integers).subspan(rows.first, rows.count));
  } else if (auto* bools = std::get_if<std::vector<std::uint8_t>>(&column.values)) {
    copy_strided<std::uint8_t>(tensor, width, offset,
                               std::span(*bools).subspan(rows.first, rows.count));
  } else if (auto* texts = std::get_if<std::vector<std::string>>(&column.values)) {
    TEMPER_TRY(const auto elements, string_elements(tensor));
    for (std::size_t row = 0; row < rows.count; ++row) {
      (*texts)[rows.first + row] = elements[row * width + offset];
    }
  }
  std::memset(column.present.data() + rows.first, 1, rows.count);
  return {};
}

}  // namespace

Result<PredictionColumns> PredictionColumns::create(const oip::InferReply& first,
                                                    std::size_t rows) {
  PredictionColumns predictions;
  for (const oip::NamedTensor& output : first.outputs) {
    const std::size_t width = width_of(output.tensor);
    if (width == 0 || !has_columns(output.tensor.datatype)) continue;
    predictions.outputs_.push_back({.name = output.name,
                                    .datatype = output.tensor.datatype,
                                    .first_column = predictions.columns_.size(),
                                    .width = width});
    for (std::size_t k = 0; k < width; ++k) {
      std::string name = width == 1 ? output.name : fmt::format("{}_{}", output.name, k);
      predictions.columns_.push_back(empty_column(std::move(name), output.tensor.datatype, rows));
    }
  }
  if (predictions.outputs_.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "no output of model '{}' has one row per event: nothing to keep", first.model_name);
  }
  predictions.prediction_id_ = empty_column("temper_prediction_id", DataType::kBytes, rows);
  predictions.version_ = empty_column("model_version", DataType::kBytes, rows);
  return predictions;
}

Status PredictionColumns::put(const oip::InferReply& reply, std::size_t first, std::size_t count) {
  for (const Output& output : outputs_) {
    const Tensor* tensor = reply.output(output.name);
    if (tensor == nullptr || tensor->datatype != output.datatype ||
        width_of(*tensor) != output.width || tensor->rows() != static_cast<std::int64_t>(count)) {
      return fail(ErrorCode::kInternal,
                  "output '{}' is missing or not {} of {} rows and {} columns", output.name,
                  data_type_name(output.datatype), count, output.width);
    }
    for (std::size_t k = 0; k < output.width; ++k) {
      TEMPER_TRY_STATUS(put_column(*tensor, output.width, k, {.first = first, .count = count},
                                   columns_[output.first_column + k]));
    }
  }
  const oip::ParameterValue* id = reply.parameter("temper_prediction_id");
  for (std::size_t k = 0; k < count; ++k) {
    std::get<std::vector<std::string>>(version_.values)[first + k] = reply.model_version;
    version_.present[first + k] = 1;
    if (id == nullptr || !std::holds_alternative<std::string>(*id)) continue;
    std::get<std::vector<std::string>>(prediction_id_.values)[first + k] =
        fmt::format("{}/{}", std::get<std::string>(*id), k);
    prediction_id_.present[first + k] = 1;
  }
  return {};
}

}  // namespace temper::client
