#include "temper/renew/trainers/xgboost/booster.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace temper::renew::xgboost {
namespace {

std::unexpected<Error> last_error(const Library& library) {
  std::string_view text = library.XGBGetLastError();
  const ErrorCode code = text.find("bad_alloc") != std::string_view::npos
                             ? ErrorCode::kResourceExhausted
                             : ErrorCode::kInvalidArgument;
  // "[08:44:01] /path/file.cc:91: reason\nStack trace:\n...": only the reason is for people.
  text = text.substr(0, text.find("\nStack trace"));
  if (const auto place = text.find(".cc:"); place != std::string_view::npos) {
    if (const auto reason = text.find(": ", place); reason != std::string_view::npos) {
      text.remove_prefix(reason + 2);
    }
  }
  return fail(code, "XGBoost: {}", text);
}

/// NumPy's array interface, by which XGBoost is shown memory.
std::string array_interface(std::span<const float> values, std::string_view shape) {
  return fmt::format(R"({{"data":[{},true],"shape":[{}],"typestr":"<f4","version":3}})",
                     reinterpret_cast<std::uintptr_t>(values.data()), shape);
}

struct MatrixDeleter {
  const Library* library;
  void operator()(void* handle) const { library->XGDMatrixFree(handle); }
};
using Matrix = std::unique_ptr<void, MatrixDeleter>;

Result<Matrix> make_matrix(const Library& library, const DenseRows& rows) {
  DMatrixHandle handle = nullptr;
  const std::string data =
      array_interface(rows.values, fmt::format("{},{}", rows.rows(), rows.feature_count));
  if (library.XGDMatrixCreateFromDense(data.c_str(), R"({"missing":NaN})", &handle) != 0) {
    return last_error(library);
  }
  return Matrix(handle, MatrixDeleter{&library});
}

}  // namespace

Result<Booster> Booster::train(const DenseRows& rows, std::span<const float> labels,
                               const Parameters& parameters, int rounds, const Progress& progress) {
  TEMPER_TRY(const Library* library, xgboost::library());
  TEMPER_TRY(const Matrix matrix, make_matrix(*library, rows));
  const std::string label_data = array_interface(labels, fmt::format("{}", labels.size()));
  if (library->XGDMatrixSetInfoFromInterface(matrix.get(), "label", label_data.c_str()) != 0) {
    return last_error(*library);
  }
  const std::array<DMatrixHandle, 1> cache{matrix.get()};
  BoosterHandle raw = nullptr;
  if (library->XGBoosterCreate(cache.data(), cache.size(), &raw) != 0) return last_error(*library);
  Booster booster(library, Handle(raw, Deleter{library}));
  for (const auto& [name, value] : parameters) {
    if (library->XGBoosterSetParam(raw, name.c_str(), value.c_str()) != 0) {
      return last_error(*library);
    }
  }
  for (int round = 0; round < rounds; ++round) {
    if (library->XGBoosterUpdateOneIter(raw, round, matrix.get()) != 0) {
      return last_error(*library);
    }
    if (progress) progress(round + 1);
  }
  return booster;
}

Result<std::vector<float>> Booster::predict(const DenseRows& rows, bool margins) const {
  TEMPER_TRY(const Matrix matrix, make_matrix(*library_, rows));
  const std::string config = fmt::format(
      R"({{"type":{},"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":true}})",
      margins ? 1 : 0);
  bst_ulong const* shape = nullptr;
  bst_ulong dimensions = 0;
  const float* values = nullptr;
  if (library_->XGBoosterPredictFromDMatrix(handle_.get(), matrix.get(), config.c_str(), &shape,
                                            &dimensions, &values) != 0) {
    return last_error(*library_);
  }
  std::size_t count = 1;
  for (bst_ulong index = 0; index < dimensions; ++index) count *= shape[index];
  return std::vector<float>(values, values + count);
}

Result<std::string> Booster::to_json() const {
  bst_ulong length = 0;
  const char* bytes = nullptr;
  if (library_->XGBoosterSaveModelToBuffer(handle_.get(), R"({"format":"json"})", &length,
                                           &bytes) != 0) {
    return last_error(*library_);
  }
  return std::string(bytes, length);
}

}  // namespace temper::renew::xgboost
