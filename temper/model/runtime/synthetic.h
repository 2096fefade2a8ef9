// Inputs made up for a model that nobody has told us about: for warm-up and for the probe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "temper/core/rng.h"
#include "temper/model/tensor/signature.h"
#include "temper/model/tensor/tensor.h"

namespace temper::runtime {

/// What one input's values look like.
enum class ValueKind {
  kZeros,
  kOnes,
  /// Integers in [0, 2): a mask, a flag, a type id.
  kBits,
  /// Integers in [0, 100): ids of a table's rows. Floats in [-1, 1). Words.
  kOrdinary,
  /// The second half of the last free dimension is zero, as padding leaves it; else ordinary.
  kPadded,
  /// Floats of +-1e30, the integer type's ends, strings of 1,000 characters.
  kExtreme,
  kNan,
  kInfinite,
};

/// Chosen so that the model accepts the inputs.
struct SyntheticPlan {
  /// One per input.
  std::vector<ValueKind> kinds;
  /// What free dimensions other than rows are set to.
  std::int64_t free_size = 16;
};

/// Inputs in signature order. A free first dimension becomes `rows`, as does every other dimension
/// with the same symbol; other free dimensions become `plan.free_size`. The same `rng` state gives
/// the same values.
[[nodiscard]] std::vector<Tensor> synthetic_inputs(const Signature& signature,
                                                   const SyntheticPlan& plan, std::int64_t rows,
                                                   Rng& rng);

[[nodiscard]] bool is_float(DataType type);

/// An element of a float tensor as double, FP16 and BF16 included.
[[nodiscard]] double float_element(const Tensor& tensor, std::size_t index);

/// Whether no element is NaN or infinite; true for types that have neither.
[[nodiscard]] bool is_all_finite(const Tensor& tensor);

}  // namespace temper::runtime
