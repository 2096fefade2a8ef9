#include "temper/model/runtime/probe_child.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "temper/model/onnx/inspect.h"
#include "temper/model/runtime/batch_dependence.h"
#include "temper/model/runtime/host/descriptor.h"
#include "temper/model/runtime/onnxruntime/onnxruntime.h"
#include "temper/model/runtime/warm_up.h"

namespace temper::runtime {
namespace {

constexpr std::uint64_t kSeed = 3;
constexpr std::size_t kMostTimedRuns = 101;
constexpr Duration kTimingBudget = std::chrono::milliseconds(500);

/// Figures of /proc/self/status, opened early: later the process may open nothing.
class ProcessMemory {
 public:
  ProcessMemory() : status_(::open("/proc/self/status", O_RDONLY | O_CLOEXEC)) {}

  /// "VmRSS:" or "VmHWM:" in bytes; 0 where the kernel does not tell.
  [[nodiscard]] std::uint64_t bytes(std::string_view field) const {
    std::array<char, 8192> text{};
    const ssize_t size = ::pread(status_.get(), text.data(), text.size(), 0);
    if (size <= 0) return 0;
    const std::string_view status(text.data(), static_cast<std::size_t>(size));
    const auto at = status.find(field);
    if (at == std::string_view::npos) return 0;
    const auto digits = status.find_first_of("0123456789", at);
    if (digits == std::string_view::npos) return 0;
    std::uint64_t kilobytes = 0;
    std::from_chars(status.data() + digits, status.data() + status.size(), kilobytes);
    return kilobytes * 1024;
  }

 private:
  Descriptor status_;
};

Result<std::int64_t> median_run_ns(Instance& instance, const SyntheticPlan& plan, std::int64_t rows,
                                   TimePoint deadline, const Clock& clock) {
  Rng rng(kSeed);
  const auto inputs = synthetic_inputs(instance.signature(), plan, rows, rng);
  std::vector<std::int64_t> times;
  const TimePoint enough = clock.now() + kTimingBudget;
  while (times.size() < kMostTimedRuns && (times.empty() || clock.now() < enough)) {
    const TimePoint begin = clock.now();
    TEMPER_TRY_STATUS(run_every_output(instance, inputs, deadline));
    times.push_back((clock.now() - begin).count());
  }
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

/// Refused by every made-up input: registrable all the same, since real inputs may fit.
void note_unwarmable(ProbeReport& report, const Error& refusal) {
  const std::string reason = "made-up inputs are refused, so nothing could be measured: ";
  report.unbatched_reason = reason + refusal.message;
  report.unsafe_reason = report.unbatched_reason;
}

void note_safety(ProbeReport& report, const onnx_graph::GraphSummary& summary) {
  const Signature inputs_only{.inputs = report.signature.inputs, .outputs = {}};
  if (!summary.value_dependent_operator.empty()) {
    report.unsafe_reason = fmt::format("memory or time of operator {} depends on the values given",
                                       summary.value_dependent_operator);
  } else if (!inputs_only.has_fixed_columns()) {
    report.unsafe_reason = "the size of a row is not fixed, so its memory is not known beforehand";
  }
  report.safe_in_process = report.unsafe_reason.empty();
}

Status measure(ProbeReport& report, Instance& instance, const SyntheticPlan& plan,
               TimePoint deadline, const ProbeHooks& hooks, const Clock& clock) {
  hooks.note_stage("timing runs of one row");
  TEMPER_TRY(report.run_ns_1, median_run_ns(instance, plan, 1, deadline, clock));
  hooks.note_stage("comparing rows alone with rows in batches");
  // Half of what is left: too slow to compare is a finding, too slow for the rest an error.
  const TimePoint now = clock.now();
  TEMPER_TRY(const BatchDependence dependence,
             measure_batch_dependence(instance, plan, now + (deadline - now) / 2, clock));
  report.batchable = dependence.independent;
  report.unbatched_reason = dependence.reason;
  report.batch_difference = dependence.difference;
  report.batch_tolerance = dependence.tolerance;
  if (report.batchable) {
    hooks.note_stage("timing runs of 16 rows");
    TEMPER_TRY(report.run_ns_16, median_run_ns(instance, plan, 16, deadline, clock));
  }
  return {};
}

}  // namespace

Result<ProbeReport> probe_here(const std::filesystem::path& artifact, TimePoint deadline,
                               const ProbeHooks& hooks, const Clock& clock) {
  const ProcessMemory memory;
  ProbeReport report;
  hooks.note_stage("reading the file");
  TEMPER_TRY(const auto summary, onnx_graph::inspect(artifact));
  hooks.note_stage("loading");
  TEMPER_TRY(const auto runtime, create_onnxruntime());
  TEMPER_TRY(const auto instance, runtime->load({.artifact = artifact}));
  report.signature = instance->signature();
  report.loaded_bytes = memory.bytes("VmRSS:");
  hooks.on_loaded();

  hooks.note_stage("looking for inputs that it accepts");
  const auto plan = find_synthetic_plan(*instance, deadline);
  if (plan) {
    note_safety(report, summary);
    TEMPER_TRY_STATUS(measure(report, *instance, *plan, deadline, hooks, clock));
  } else if (plan.error().code == ErrorCode::kInvalidArgument) {
    note_unwarmable(report, plan.error());
  } else {
    return std::unexpected(plan.error());
  }
  report.peak_bytes = memory.bytes("VmHWM:");
  return report;
}

}  // namespace temper::runtime
