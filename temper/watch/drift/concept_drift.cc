#include "temper/watch/drift/concept_drift.h"

#include <algorithm>

#include "temper/stats/confidence_sequence.h"

namespace temper::drift {

Result<std::optional<AccuracyDrop>> accuracy_drop(const BaselineAccuracy& baseline,
                                                  std::uint64_t correct, std::uint64_t labelled) {
  if (correct > labelled || baseline.correct > baseline.labelled) {
    return fail(ErrorCode::kInvalidArgument, "more rows are correct than labelled");
  }
  if (labelled == 0 || baseline.labelled == 0) return std::optional<AccuracyDrop>();
  constexpr double kHalf = 0.025;
  TEMPER_TRY(auto live, stats::ShareSequence::create({.alpha = kHalf, .tuned_for = 500}));
  live.add(correct, labelled);
  const auto held_out = static_cast<double>(baseline.labelled);
  TEMPER_TRY(const auto before,
             stats::exact_share_interval(static_cast<double>(baseline.correct), held_out, kHalf));
  const auto now = live.interval();
  AccuracyDrop drop;
  drop.labelled = labelled;
  drop.accuracy = live.share();
  drop.baseline = static_cast<double>(baseline.correct) / held_out;
  drop.points = 100 * (drop.baseline - drop.accuracy);
  drop.low = 100 * (before.low - now.high);
  drop.high = 100 * (before.high - now.low);
  drop.drift = drop.points > kAccuracyTriggerPoints && drop.low > 0;
  return std::optional(drop);
}

}  // namespace temper::drift
