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

/// The most telling first; the first `kNeeded` must be done for a model to count as independent,
/// the others (sizes at which kernels change their blocking, more kinds of mates) as time allows.
constexpr std::array<Company, 9> kCompanies = {{
    {ValueKind::kOrdinary, "ordinary", 2},
    {ValueKind::kOrdinary, "ordinary", kLargestBatch},
    {ValueKind::kExtreme, "extreme", kLargestBatch},
    {ValueKind::kNan, "NaN", kLargestBatch},
    {ValueKind::kPadded, "padded", kLargestBatch},
    {ValueKind::kInfinite, "infinite", kLargestBatch},
    {ValueKind::kZeros, "zero", kLargestBatch},
    {ValueKind::kOrdinary, "ordinary", 3},
    {ValueKind::kOrdinary, "ordinary", 8},
}};
constexpr std::size_t kNeeded = 4;

/// Rows of a batch that are the subject, between its mates: the first, a middle and the last one,
/// or of two rows only the first.
std::vector<std::int64_t> subject_places(std::int64_t rows) {
  if (rows == 2) return {0};
  if (rows == 3) return {0, 2};
  return {0, rows / 2, rows - 1};
}

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

  /// False when a dependence was found, or when there was no time to look for one; `result()` then
  /// says which. Unless `needed`, a plan that the model refuses counts as no dependence.
  Result<bool> measure(const SyntheticPlan& plan, bool needed) {
    Rng rng(kSeed);
    const auto subject = synthetic_inputs(instance_.signature(), plan, 1, rng);
    const TimePoint begin = clock_.now();
    const auto alone = run_every_output(instance_, subject, deadline_);
    patience_ = std::max<Duration>(kLeastPatience, kPatienceFactor * (clock_.now() - begin));
    if (!alone) {
      if (alone.error().code == ErrorCode::kUnavailable) return std::unexpected(alone.error());
      return !needed || found(fmt::format("a row is refused: {}", alone.error().message));
    }
    if (!comparable(*alone)) return false;
    for (std::size_t k = 0; k < kCompanies.size(); ++k) {
      if (clock_.now() >= deadline_) {
        return !needed || k >= kNeeded || found("too slow to compare rows alone with batches");
      }
      TEMPER_TRY(const bool same, same_in_company(plan, subject, *alone, kCompanies[k], rng));
      if (!same) return false;
    }
    return true;
  }

  [[nodiscard]] BatchDependence result() const { return result_; }
  [[nodiscard]] double magnitude() const { return magnitude_; }

 private:
  bool found(std::string reason) {
    result_.reason = std::move(reason);
    return false;
  }

  bool comparable(std::span<const Tensor> alone) {
    for (std::size_t k = 0; k < alone.size(); ++k) {
      const std::string& name = instance_.signature().outputs[k].name;
      if (alone[k].shape.empty() || alone[k].rows() != 1) {
        return found(
            fmt::format("output '{}' has shape {} for one row", name, shape_text(alone[k].shape)));
      }
      if (!is_all_finite(alone[k])) {
        return found(fmt::format(
            "output '{}' of made-up inputs is NaN or infinite, which compares with nothing", name));
      }
    }
    return true;
  }

  /// Odd values may send a model into a loop that ordinary ones never enter.
  [[nodiscard]] TimePoint soon() const { return std::min(deadline_, clock_.now() + patience_); }

  /// Ordinary mates keep the kinds that the model is known to accept; of odd ones each input takes
  /// those that it accepts by itself.
  SyntheticPlan mates_plan(const SyntheticPlan& plan, ValueKind mates) {
    SyntheticPlan theirs = plan;
    if (mates == ValueKind::kOrdinary) return theirs;
    const bool only_floats = mates == ValueKind::kNan || mates == ValueKind::kInfinite;
    for (std::size_t k = 0; k < theirs.kinds.size(); ++k) {
      const DataType type = instance_.signature().inputs[k].datatype;
      if ((!only_floats || is_float(type)) && accepts(plan, k, mates)) theirs.kinds[k] = mates;
    }
    return theirs;
  }

  bool accepts(const SyntheticPlan& plan, std::size_t index, ValueKind kind) {
    SyntheticPlan changed = plan;
    changed.kinds[index] = kind;
    Rng rng(kSeed);
    const auto inputs = synthetic_inputs(instance_.signature(), changed, 1, rng);
    return run_every_output(instance_, inputs, soon()).has_value();
  }

  std::vector<Tensor> batch_of(std::span<const Tensor> subject, std::span<const Tensor> mates,
                               const Company& company) {
    const auto places = subject_places(company.rows);
    std::vector<Tensor> batch;
    for (std::size_t k = 0; k < subject.size(); ++k) {
      std::vector<Tensor> rows;
      std::int64_t mate = 0;
      for (std::int64_t row = 0; row < company.rows; ++row) {
        const bool is_subject = std::find(places.begin(), places.end(), row) != places.end();
        rows.push_back(is_subject ? subject[k] : slice_rows(mates[k], mate++, 1).value());
      }
      std::vector<const Tensor*> parts;
      parts.reserve(rows.size());
      for (const Tensor& row : rows) parts.push_back(&row);
      batch.push_back(concatenate_rows(parts));
    }
    return batch;
  }

  Result<bool> same_in_company(const SyntheticPlan& plan, std::span<const Tensor> subject,
                               std::span<const Tensor> alone, const Company& company, Rng& rng) {
    const auto mates =
        synthetic_inputs(instance_.signature(), mates_plan(plan, company.mates), company.rows, rng);
    const auto batch = batch_of(subject, mates, company);
    const bool ordinary = company.mates == ValueKind::kOrdinary;
    const auto together = run_every_output(instance_, batch, ordinary ? deadline_ : soon());
    if (!together) {
      if (together.error().code == ErrorCode::kUnavailable) {
        return std::unexpected(together.error());
      }
      // Odd rows may be refused together with their batch; ordinary ones must be accepted.
      return !ordinary || found(fmt::format("a batch of {} rows is refused: {}", company.rows,
                                            together.error().message));
    }
    for (std::size_t k = 0; k < alone.size(); ++k) {
      if (!same_output(k, alone[k], (*together)[k], company)) return false;
    }
    return true;
  }

  bool same_output(std::size_t index, const Tensor& alone, const Tensor& together,
                   const Company& company) {
    const std::string& name = instance_.signature().outputs[index].name;
    if (together.shape.empty() || together.rows() != company.rows) {
      return found(fmt::format("output '{}' has shape {} for a batch of {} rows", name,
                               shape_text(together.shape), company.rows));
    }
    for (const std::int64_t place : subject_places(company.rows)) {
      const auto row = slice_rows(together, place, 1);
      if (!row) return found(fmt::format("output '{}': {}", name, row.error().message));
      const Comparison comparison = compare_rows(alone, *row);
      result_.difference = std::max(result_.difference, comparison.difference);
      magnitude_ = std::max(magnitude_, comparison.magnitude);
      if (!comparison.within) {
        return found(
            fmt::format("output '{}' of a row changed by {:.3g} in a batch of {} with {} mates",
                        name, comparison.difference, company.rows, company.text));
      }
    }
    return true;
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
    TEMPER_TRY(independent, measurement.measure(plans[k], k == 0));
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
