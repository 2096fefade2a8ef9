#include "temper/model/runtime/batch_dependence.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "temper/model/runtime/warm_up.h"

namespace temper::runtime {
namespace {

constexpr std::uint64_t kSeed = 2;
constexpr double kHeadRoom = 4;
constexpr double kToleranceFloor = 1e-6;
constexpr std::int64_t kLargestBatch = 16;
constexpr Duration kLeastPatience = std::chrono::seconds(1);
constexpr int kPatienceFactor = 50;

struct Company {
  ValueKind mates;
  const char* text;
  std::int64_t rows;
};

/// Sizes at which kernels change their blocking, then every kind of mate at the largest.
constexpr std::array<Company, 9> kCompanies = {{
    {ValueKind::kOrdinary, "ordinary", 2},
    {ValueKind::kOrdinary, "ordinary", 3},
    {ValueKind::kOrdinary, "ordinary", 8},
    {ValueKind::kOrdinary, "ordinary", kLargestBatch},
    {ValueKind::kZeros, "zero", kLargestBatch},
    {ValueKind::kPadded, "padded", kLargestBatch},
    {ValueKind::kExtreme, "extreme", kLargestBatch},
    {ValueKind::kNan, "NaN", kLargestBatch},
    {ValueKind::kInfinite, "infinite", kLargestBatch},
}};

struct Comparison {
  double difference = 0;
  double magnitude = 0;
  bool within = true;
};

Comparison compare_floats(const Tensor& alone, const Tensor& shared) {
  const bool narrow = alone.datatype == DataType::kFp16 || alone.datatype == DataType::kBf16;
  const double absolute = narrow ? 1e-2 : 1e-5;
  const double relative = narrow ? 1e-2 : 1e-4;
  Comparison result;
  const std::size_t count = alone.data.size() / element_size(alone.datatype);
  for (std::size_t k = 0; k < count; ++k) {
    const double a = float_element(alone, k);
    const double b = float_element(shared, k);
    if (std::isfinite(a)) result.magnitude = std::max(result.magnitude, std::abs(a));
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;
    double difference = std::abs(a - b);
    if (std::isnan(difference)) difference = std::numeric_limits<double>::infinity();
    result.difference = std::max(result.difference, difference);
    // Written so that an infinite difference is never within.
    if (!(difference <= absolute + relative * std::abs(a))) result.within = false;
  }
  return result;
}

Comparison compare_rows(const Tensor& alone, const Tensor& shared) {
  if (alone.shape != shared.shape) return {.difference = 0, .magnitude = 0, .within = false};
  if (is_float(alone.datatype)) return compare_floats(alone, shared);
  const bool equal =
      std::equal(alone.data.begin(), alone.data.end(), shared.data.begin(), shared.data.end());
  return {.difference = equal ? 0.0 : 1.0, .magnitude = 0, .within = equal};
}

class Measurement {
 public:
  Measurement(Instance& instance, TimePoint deadline, const Clock& clock)
      : instance_(instance), deadline_(deadline), clock_(clock) {}

  /// False when a dependence was found; `result()` then says which.
  Result<bool> measure(const SyntheticPlan& plan) {
    Rng rng(kSeed);
    const Signature& signature = instance_.signature();
    const auto subject = synthetic_inputs(signature, plan, 1, rng);
    const TimePoint begin = clock_.now();
    const auto run_alone = run_every_output(instance_, subject, deadline_);
    patience_ = std::max<Duration>(kLeastPatience, kPatienceFactor * (clock_.now() - begin));
    if (!run_alone) {
      if (ends_the_measurement(run_alone.error())) return std::unexpected(run_alone.error());
      result_.reason = fmt::format("a row is refused: {}", run_alone.error().message);
      return false;
    }
    const std::vector<Tensor>& alone = *run_alone;
    for (std::size_t k = 0; k < alone.size(); ++k) {
      if (alone[k].shape.empty() || alone[k].rows() != 1) {
        result_.reason = fmt::format("output '{}' has shape {} for one row",
                                     signature.outputs[k].name, shape_text(alone[k].shape));
        return false;
      }
    }
    for (const Company& company : kCompanies) {
      const auto mates = mates_inputs(plan, company, rng);
      for (const std::int64_t place : {std::int64_t{0}, company.rows / 2, company.rows - 1}) {
        TEMPER_TRY(const bool same, same_in_company(subject, alone, mates, place, company));
        if (!same) return false;
      }
    }
    return true;
  }

  [[nodiscard]] BatchDependence result() const { return result_; }
  [[nodiscard]] double magnitude() const { return magnitude_; }

 private:
  static bool ends_the_measurement(const Error& error) {
    return error.code == ErrorCode::kDeadlineExceeded || error.code == ErrorCode::kUnavailable;
  }

  /// Odd values may send a model into a loop that ordinary ones never enter.
  [[nodiscard]] TimePoint soon() const { return std::min(deadline_, clock_.now() + patience_); }

  std::vector<Tensor> mates_inputs(const SyntheticPlan& plan, const Company& company, Rng& rng) {
    SyntheticPlan theirs = plan;
    // Ordinary mates keep the kinds that the model is known to accept.
    if (company.mates != ValueKind::kOrdinary) {
      const bool special =
          company.mates == ValueKind::kNan || company.mates == ValueKind::kInfinite;
      for (std::size_t k = 0; k < theirs.kinds.size(); ++k) {
        const DataType type = instance_.signature().inputs[k].datatype;
        const bool applies = (!special || is_float(type)) && accepts(plan, k, company.mates);
        if (applies) theirs.kinds[k] = company.mates;
      }
    }
    return synthetic_inputs(instance_.signature(), theirs, company.rows - 1, rng);
  }

  /// Whether the model runs when input `index` alone has values of this kind.
  bool accepts(const SyntheticPlan& plan, std::size_t index, ValueKind kind) {
    SyntheticPlan changed = plan;
    changed.kinds[index] = kind;
    Rng rng(kSeed);
    const auto inputs = synthetic_inputs(instance_.signature(), changed, 1, rng);
    return run_every_output(instance_, inputs, soon()).has_value();
  }

  Result<bool> same_in_company(std::span<const Tensor> subject, std::span<const Tensor> alone,
                               std::span<const Tensor> mates, std::int64_t place,
                               const Company& company) {
    std::vector<Tensor> batch;
    for (std::size_t k = 0; k < subject.size(); ++k) {
      TEMPER_TRY(const Tensor before, slice_rows(mates[k], 0, place));
      TEMPER_TRY(const Tensor after, slice_rows(mates[k], place, company.rows - 1 - place));
      const std::array<const Tensor*, 3> parts = {&before, &subject[k], &after};
      batch.push_back(concatenate_rows(parts));
    }
    const bool ordinary = company.mates == ValueKind::kOrdinary;
    const auto together = run_every_output(instance_, batch, ordinary ? deadline_ : soon());
    if (!together) return refused_batch(together.error(), company);
    for (std::size_t k = 0; k < alone.size(); ++k) {
      const std::string& name = instance_.signature().outputs[k].name;
      const Tensor& whole = (*together)[k];
      if (whole.shape.empty() || whole.rows() != company.rows) {
        result_.reason = fmt::format("output '{}' has shape {} for a batch of {} rows", name,
                                     shape_text(whole.shape), company.rows);
        return false;
      }
      TEMPER_TRY(const Tensor row, slice_rows(whole, place, 1));
      const Comparison comparison = compare_rows(alone[k], row);
      result_.difference = std::max(result_.difference, comparison.difference);
      magnitude_ = std::max(magnitude_, comparison.magnitude);
      if (!comparison.within) {
        result_.reason =
            fmt::format("output '{}' of a row changed by {:.3g} in a batch of {} with {} mates",
                        name, comparison.difference, company.rows, company.text);
        return false;
      }
    }
    return true;
  }

  /// Ordinary rows must be accepted together; of odd mates only the batch as a whole is refused.
  Result<bool> refused_batch(const Error& error, const Company& company) {
    const bool ordinary = company.mates == ValueKind::kOrdinary;
    const bool late = error.code == ErrorCode::kDeadlineExceeded && clock_.now() < deadline_;
    if (!ordinary && (late || !ends_the_measurement(error))) return true;
    if (ends_the_measurement(error)) return std::unexpected(error);
    result_.reason = fmt::format("a batch of {} rows is refused: {}", company.rows, error.message);
    return false;
  }

  Instance& instance_;
  const TimePoint deadline_;
  const Clock& clock_;
  Duration patience_{};
  BatchDependence result_;
  double magnitude_ = 0;
};

bool has_free_size(const Signature& signature) { return !signature.has_fixed_columns(); }

}  // namespace

Result<BatchDependence> measure_batch_dependence(Instance& instance, const SyntheticPlan& plan,
                                                 TimePoint deadline, const Clock& clock) {
  const Signature& signature = instance.signature();
  if (!signature.has_free_rows()) {
    return BatchDependence{.independent = false,
                           .reason = "not every input and output has a free first dimension",
                           .difference = 0,
                           .tolerance = 0};
  }
  Measurement measurement(instance, deadline, clock);
  std::vector<SyntheticPlan> plans = {plan};
  if (has_free_size(signature)) {
    plans.push_back(plan);
    plans.back().free_size = 2 * plan.free_size;
  }
  bool independent = true;
  for (std::size_t k = 0; k < plans.size() && independent; ++k) {
    TEMPER_TRY(independent, measurement.measure(plans[k]));
  }
  BatchDependence result = measurement.result();
  result.independent = independent;
  const bool any_float =
      std::any_of(signature.outputs.begin(), signature.outputs.end(),
                  [](const TensorSpec& output) { return is_float(output.datatype); });
  if (independent && any_float) {
    result.tolerance = std::max(kHeadRoom * result.difference,
                                kToleranceFloor * std::max(measurement.magnitude(), 1e-3));
  }
  return result;
}

}  // namespace temper::runtime
