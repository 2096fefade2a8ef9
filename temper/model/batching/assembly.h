// Puts the rows of several callers under one another, and takes them apart again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "temper/core/result.h"
#include "temper/model/batching/work.h"

namespace temper::batching {

/// Key of a group: requests whose inputs agree in datatype, rank and all dimensions but the first
/// have equal keys. Keys of others differ but for collisions, so `can_share` decides in the end.
[[nodiscard]] std::uint64_t group_key(const Work& work);

/// True when the inputs agree in number, datatype, rank and all dimensions but the first.
[[nodiscard]] bool can_share(const Work& a, const Work& b);

/// One tensor per input, the members' rows in their order. A single member's are not copied.
/// All members must be able to share.
[[nodiscard]] std::vector<Tensor> join_inputs(std::span<const Work> members);

/// Every output that some member asks for, once, ascending.
[[nodiscard]] std::vector<std::size_t> union_of_outputs(std::span<const Work> members);

/// Gives each member its rows of the outputs it asked for; `outputs` are those that `indices` name.
/// Errors: kInternal when the model gave another number of outputs or rows than it was fed, which
/// says that it cannot be batched.
[[nodiscard]] Result<std::vector<std::vector<Tensor>>> split_outputs(
    std::span<const Work> members, std::span<const std::size_t> indices,
    std::span<const Tensor> outputs);

}  // namespace temper::batching
