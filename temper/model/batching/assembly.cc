#include "temper/model/batching/assembly.h"

#include <algorithm>
#include <iterator>

namespace temper::batching {
namespace {

/// One step of a multiply-xorshift hash (the finaliser of SplitMix64).
std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ULL;
  return hash ^ (hash >> 27);
}

std::int64_t total_rows(std::span<const Work> members) {
  std::int64_t rows = 0;
  for (const Work& member : members) rows += member.rows;
  return rows;
}

}  // namespace

std::uint64_t group_key(const Work& work) {
  std::uint64_t hash = 0;
  for (const Tensor& input : work.inputs) {
    hash = mix(hash, static_cast<std::uint64_t>(input.datatype) << 32 | input.shape.size());
    for (std::size_t k = 1; k < input.shape.size(); ++k) {
      hash = mix(hash, static_cast<std::uint64_t>(input.shape[k]));
    }
  }
  return hash;
}

bool can_share(const Work& a, const Work& b) {
  return std::ranges::equal(a.inputs, b.inputs, [](const Tensor& x, const Tensor& y) {
    return x.datatype == y.datatype && !x.shape.empty() && !y.shape.empty() &&
           std::equal(x.shape.begin() + 1, x.shape.end(), y.shape.begin() + 1, y.shape.end());
  });
}

std::vector<Tensor> join_inputs(std::span<const Work> members) {
  if (members.size() == 1) return members[0].inputs;
  std::vector<Tensor> joined;
  std::vector<const Tensor*> parts(members.size());
  joined.reserve(members[0].inputs.size());
  for (std::size_t input = 0; input < members[0].inputs.size(); ++input) {
    for (std::size_t m = 0; m < members.size(); ++m) parts[m] = &members[m].inputs[input];
    joined.push_back(concatenate_rows(parts));
  }
  return joined;
}

std::vector<std::size_t> union_of_outputs(std::span<const Work> members) {
  std::vector<std::size_t> all;
  for (const Work& member : members) {
    all.insert(all.end(), member.outputs.begin(), member.outputs.end());
  }
  std::ranges::sort(all);
  all.erase(std::ranges::unique(all).begin(), all.end());
  return all;
}

Result<std::vector<std::vector<Tensor>>> split_outputs(std::span<const Work> members,
                                                       std::span<const std::size_t> indices,
                                                       std::span<const Tensor> outputs) {
  if (outputs.size() != indices.size()) {
    return fail(ErrorCode::kInternal, "the model gave {} outputs, {} were asked for",
                outputs.size(), indices.size());
  }
  const std::int64_t rows = total_rows(members);
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    if (outputs[k].shape.empty() || outputs[k].shape[0] != rows) {
      return fail(ErrorCode::kInternal,
                  "output {} of a batch of {} rows has shape {}: the model cannot be batched",
                  indices[k], rows, shape_text(outputs[k].shape));
    }
  }
  std::vector<std::vector<Tensor>> parts(members.size());
  std::int64_t first = 0;
  for (std::size_t m = 0; m < members.size(); ++m) {
    parts[m].reserve(members[m].outputs.size());
    for (const std::size_t wanted : members[m].outputs) {
      const auto at = std::ranges::lower_bound(indices, wanted) - indices.begin();
      TEMPER_TRY(Tensor slice,
                 slice_rows(outputs[static_cast<std::size_t>(at)], first, members[m].rows));
      parts[m].push_back(std::move(slice));
    }
    first += members[m].rows;
  }
  return parts;
}

}  // namespace temper::batching
