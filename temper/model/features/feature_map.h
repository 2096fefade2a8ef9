// Which columns of a model's input tensors are which features: what a human or a statistic calls
// "distance", the model calls column 3 of input "x".
//
// Read this file, then feature_rows.h, which takes the values out of tensors.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/result.h"
#include "temper/model/tensor/signature.h"

namespace temper {

enum class FeatureKind : std::uint8_t { kNumeric, kCategorical };

struct Feature {
  std::string name;
  /// Index of the signature's input that holds it (of its output, in a map of outputs).
  std::size_t input = 0;
  /// Position in a row of that input.
  std::int64_t column = 0;
  FeatureKind kind = FeatureKind::kNumeric;

  bool operator==(const Feature&) const = default;
};

/// Most features of one model that are told apart.
inline constexpr std::size_t kMaxFeatures = 4'096;

class FeatureMap {
 public:
  /// Reads {"NAME":{"input":S,"column":N,"kind":"numeric"|"categorical",...},...}; further keys of
  /// a feature are the trainer's. Features keep the order of the text. Errors: kInvalidArgument
  /// naming the feature whose input, column or kind the signature does not have.
  [[nodiscard]] static Result<FeatureMap> parse(std::string_view json, const Signature& signature);

  /// Where no map was given: an input of shape [rows] or [rows, 1] is a feature of its own name,
  /// texts being categories; a numeric [rows, K] is K features "NAME[k]". Other inputs (images,
  /// token lists of free length) and those beyond kMaxFeatures have none.
  [[nodiscard]] static FeatureMap derived(const Signature& signature);

  /// The outputs' columns under the same rules, as far as they are few: an output of more than 16
  /// columns has none.
  [[nodiscard]] static FeatureMap of_outputs(const Signature& signature);

  /// The map of the text, or the derived one where `json` is empty.
  [[nodiscard]] static Result<FeatureMap> of(std::string_view json, const Signature& signature) {
    return json.empty() ? derived(signature) : parse(json, signature);
  }

  [[nodiscard]] std::span<const Feature> features() const { return features_; }
  [[nodiscard]] bool empty() const { return features_.empty(); }

 private:
  std::vector<Feature> features_;
};

}  // namespace temper
