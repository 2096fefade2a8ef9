// Training and prediction by XGBoost itself, on dense float32 rows.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "temper/core/result.h"
#include "temper/renew/trainers/xgboost/library.h"

namespace temper::renew::xgboost {

/// Rows of `feature_count` values each, row-major; NaN = missing. Views: they must outlive the
/// call.
struct DenseRows {
  std::span<const float> values;
  std::size_t feature_count = 0;

  [[nodiscard]] std::size_t rows() const { return values.size() / feature_count; }
};

class Booster {
 public:
  /// "max_depth" -> "6", as XGBoost's documentation names them.
  using Parameters = std::map<std::string, std::string>;
  /// Told the rounds done so far after each.
  using Progress = std::function<void(int rounds_done)>;

  /// Errors: kInvalidArgument with XGBoost's reason; kResourceExhausted when memory ends;
  /// kFailedPrecondition without the library. Same data, parameters and threads give the same
  /// model.
  static Result<Booster> train(const DenseRows& rows, std::span<const float> labels,
                               const Parameters& parameters, int rounds,
                               const Progress& progress = {});

  /// What XGBoost itself predicts, [rows, targets] row-major: margins, or after its objective's
  /// transformation.
  [[nodiscard]] Result<std::vector<float>> predict(const DenseRows& rows, bool margins) const;

  /// The model as XGBoost's JSON document.
  [[nodiscard]] Result<std::string> to_json() const;

 private:
  struct Deleter {
    const Library* library;
    void operator()(void* handle) const { library->XGBoosterFree(handle); }
  };
  using Handle = std::unique_ptr<void, Deleter>;
  Booster(const Library* library, Handle handle) : library_(library), handle_(std::move(handle)) {}

  const Library* library_;
  Handle handle_;
};

}  // namespace temper::renew::xgboost
