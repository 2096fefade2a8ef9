#include "temper/model/runtime/warm_up.h"

#include <algorithm>
#include <array>
#include <optional>

namespace temper::runtime {
namespace {

constexpr std::uint64_t kSeed = 1;
/// Usual lengths and image sizes; the first that the model accepts is taken.
constexpr std::array<std::int64_t, 9> kFreeSizes = {16, 8, 4, 64, 224, 3, 2, 1, 512};
constexpr std::array<ValueKind, 2> kFirstKinds = {ValueKind::kZeros, ValueKind::kOnes};
/// From the widest down; what an input began with is the last resort.
constexpr std::array<ValueKind, 2> kWiderKinds = {ValueKind::kOrdinary, ValueKind::kBits};

/// A refusal of these values, after which others are worth a try.
bool is_refusal(const Error& error) {
  return error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kInternal ||
         error.code == ErrorCode::kResourceExhausted;
}

bool has_free_size(const Signature& signature) {
  return std::any_of(signature.inputs.begin(), signature.inputs.end(), [](const TensorSpec& spec) {
    return spec.shape.size() > 1 && std::any_of(spec.shape.begin() + 1, spec.shape.end(),
                                                [](std::int64_t size) { return size < 0; });
  });
}

/// Accepted and answered with NaN or infinity tells less than an answer in numbers: a mask of 99
/// where 0 or 1 is meant does that.
enum class Acceptance { kFinite, kNotFinite };

Result<Acceptance> try_plan(Instance& instance, const SyntheticPlan& plan, TimePoint deadline) {
  Rng rng(kSeed);
  const auto inputs = synthetic_inputs(instance.signature(), plan, 1, rng);
  TEMPER_TRY(const auto outputs, run_every_output(instance, inputs, deadline));
  const bool finite = std::all_of(outputs.begin(), outputs.end(), is_all_finite);
  return finite ? Acceptance::kFinite : Acceptance::kNotFinite;
}

struct AcceptedPlan {
  SyntheticPlan plan;
  Acceptance acceptance;
};

Result<AcceptedPlan> find_first_plan(Instance& instance, TimePoint deadline) {
  const Signature& signature = instance.signature();
  std::optional<AcceptedPlan> second_best;
  std::optional<Error> refusal;
  for (const std::int64_t size : kFreeSizes) {
    for (const ValueKind kind : kFirstKinds) {
      const SyntheticPlan plan{.kinds = std::vector(signature.inputs.size(), kind),
                               .free_size = size};
      const auto tried = try_plan(instance, plan, deadline);
      if (tried && *tried == Acceptance::kFinite) return AcceptedPlan{plan, *tried};
      if (tried) {
        if (!second_best) second_best = AcceptedPlan{plan, *tried};
        continue;
      }
      if (!is_refusal(tried.error())) return std::unexpected(tried.error());
      // Exhausted memory is the more telling of two refusals.
      if (!refusal || refusal->code != ErrorCode::kResourceExhausted) refusal = tried.error();
    }
    if (second_best) return *second_best;
    if (!has_free_size(signature)) break;
  }
  if (refusal->code == ErrorCode::kInternal) refusal->code = ErrorCode::kInvalidArgument;
  return std::unexpected(*refusal);
}

}  // namespace

Result<std::vector<Tensor>> run_every_output(Instance& instance, std::span<const Tensor> inputs,
                                             TimePoint deadline) {
  std::vector<std::size_t> outputs(instance.signature().outputs.size());
  for (std::size_t k = 0; k < outputs.size(); ++k) outputs[k] = k;
  return instance.run({.inputs = inputs, .outputs = outputs, .deadline = deadline});
}

Result<SyntheticPlan> find_synthetic_plan(Instance& instance, TimePoint deadline) {
  TEMPER_TRY(const AcceptedPlan first, find_first_plan(instance, deadline));
  SyntheticPlan plan = first.plan;
  Acceptance best = first.acceptance;
  for (ValueKind& kind : plan.kinds) {
    const ValueKind before = kind;
    for (const ValueKind wider : kWiderKinds) {
      kind = wider;
      const auto tried = try_plan(instance, plan, deadline);
      if (tried && (*tried == Acceptance::kFinite || best == Acceptance::kNotFinite)) {
        best = *tried;
        break;
      }
      if (!tried && !is_refusal(tried.error())) return std::unexpected(tried.error());
      kind = before;
    }
  }
  return plan;
}

Status warm_up(Instance& instance, int rows, TimePoint deadline) {
  TEMPER_TRY(const SyntheticPlan plan, find_synthetic_plan(instance, deadline));
  Rng rng(kSeed);
  const auto inputs = synthetic_inputs(instance.signature(), plan, rows, rng);
  TEMPER_TRY_STATUS(run_every_output(instance, inputs, deadline));
  return {};
}

}  // namespace temper::runtime
