// Model inputs made of nothing but a signature and a seed, for load and for a first try.
#pragma once

#include <cstdint>
#include <vector>

#include "temper/core/result.h"
#include "temper/core/rng.h"
#include "temper/gateway/oip/infer.h"
#include "temper/model/tensor/signature.h"

namespace temper::client {

struct RandomInputsConfig {
  /// Size of each free first dimension.
  std::int64_t rows = 1;
  /// Size of each further free dimension (a sequence's length).
  std::int64_t free_size = 8;
  /// Integers are drawn from [0, integer_bound): small enough to be an index into anything.
  std::uint64_t integer_bound = 2;
};

/// Floating-point inputs are standard normal, rounded to four decimals as a measurement would be;
/// integers and booleans uniform; BYTES single letters. Same seed, same tensors.
/// Errors: kInvalidArgument for an FP16/BF16 input or a size out of range.
[[nodiscard]] Result<std::vector<oip::NamedTensor>> random_inputs(const Signature& signature,
                                                                  const RandomInputsConfig& config,
                                                                  Rng& rng);

}  // namespace temper::client
