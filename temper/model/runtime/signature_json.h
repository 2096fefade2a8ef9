// A signature as JSON: in the registry, in a probe's report, and from a host to its parent.
#pragma once

#include <string>
#include <string_view>

#include "temper/core/result.h"
#include "temper/model/tensor/signature.h"

namespace temper::runtime {

/// {"inputs":[{"name":"x","datatype":"FP32","shape":[-1,4],"dimension_names":["N",""]}],"outputs":[...]}
[[nodiscard]] std::string to_json(const Signature& signature);

/// Strict, since the text may come from a child that a hostile model has taken over. Errors:
/// kInvalidArgument for a missing or unknown field, an unknown datatype, a dimension below -1, more
/// than 1,024 tensors or 64 dimensions.
[[nodiscard]] Result<Signature> parse_signature(std::string_view json);

}  // namespace temper::runtime
