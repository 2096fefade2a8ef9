#include "temper/cli/model_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>

namespace temper::cli {
namespace {

/// "  label          value", the label only on the first of several lines.
class Lines {
 public:
  void add(std::string_view label, std::string_view value) {
    if (value.empty()) return;
    text_ += fmt::format("  {:<13}{}\n", label == last_ ? "" : label, value);
    last_ = label;
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::string last_;
};

std::string spec_text(const TensorSpec& spec) {
  std::string shape;
  for (std::size_t axis = 0; axis < spec.shape.size(); ++axis) {
    const bool is_free = spec.shape[axis] < 0;
    const bool has_name = axis < spec.dimension_names.size() && !spec.dimension_names[axis].empty();
    shape += fmt::format("{}{}", axis == 0 ? "" : ", ",
                         !is_free   ? fmt::format("{}", spec.shape[axis])
                         : has_name ? spec.dimension_names[axis]
                                    : "?");
  }
  return fmt::format("{}  {} [{}]", spec.name, data_type_name(spec.datatype), shape);
}

void add_specs(Lines& lines, std::string_view label, const std::vector<TensorSpec>& specs) {
  // Wide tables have one input a column; `--output json` has them all.
  constexpr std::size_t kMostLines = 12;
  const bool is_long = specs.size() > kMostLines;
  for (std::size_t k = 0; k < (is_long ? kMostLines - 1 : specs.size()); ++k) {
    lines.add(label, spec_text(specs[k]));
  }
  if (is_long) lines.add(label, fmt::format("and {} more", specs.size() - kMostLines + 1));
}

std::string roles_text(const registry::OutputRoles& roles) {
  std::string text = roles.task;
  const auto append = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, value);
  };
  append("label in", roles.label_output);
  append("probabilities in", roles.probability_output);
  append("positive class", roles.positive_class);
  return text;
}

std::string run_time_text(const runtime::ProbeReport& probe) {
  if (probe.run_ns_1 == 0) return "not measured";
  std::string text = fmt::format("{} for one row", time_text(Duration(probe.run_ns_1)));
  if (probe.run_ns_16 > 0) text += fmt::format(", {} for 16", time_text(Duration(probe.run_ns_16)));
  return text;
}

/// A value scaled by the largest of `units` that leaves it at 1 or more.
struct Unit {
  double factor;
  std::string_view name;
};
template <std::size_t kCount>
std::string scaled_text(double value, const std::array<Unit, kCount>& units) {
  for (const Unit& unit : units) {
    // Rounding to three digits may carry into the next unit's range: 999.9 us is 1 ms.
    if (value >= unit.factor * 0.9995) {
      const double scaled = value / unit.factor;
      return fmt::format("{:.{}f} {}", scaled,
                         scaled < 9.995   ? 2
                         : scaled < 99.95 ? 1
                                          : 0,
                         unit.name);
    }
  }
  return fmt::format("{:.0f} {}", value, units.back().name);
}

}  // namespace

std::string utc_text(WallTime time) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(
                         std::chrono::time_point_cast<std::chrono::system_clock::duration>(time))));
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<Unit, 4> kUnits = {
      {{1024.0 * 1024 * 1024, "GiB"}, {1024.0 * 1024, "MiB"}, {1024, "KiB"}, {1, "B"}}};
  return bytes < 1000 ? fmt::format("{} B", bytes)
                      : scaled_text(static_cast<double>(bytes), kUnits);
}

std::string time_text(Duration duration) {
  constexpr std::array<Unit, 4> kUnits = {{{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}}};
  return scaled_text(static_cast<double>(duration.count()), kUnits);
}

std::string version_text(const registry::VersionRecord& record) {
  const runtime::ProbeReport& probe = record.probe;
  Lines lines;
  lines.add("created", utc_text(record.created_at));
  lines.add("artifact",
            fmt::format("{} ({})", record.artifact.string(), bytes_text(record.artifact_bytes)));
  add_specs(lines, "inputs", probe.signature.inputs);
  add_specs(lines, "outputs", probe.signature.outputs);
  lines.add("task", roles_text(record.roles));
  lines.add("batching", probe.batchable
                            ? fmt::format("yes; a row in company within {:.2g} of the row alone",
                                          probe.batch_tolerance)
                            : fmt::format("no: {}", probe.unbatched_reason));
  lines.add("run time", run_time_text(probe));
  lines.add("memory", fmt::format("{} loaded, {} at the peak", bytes_text(probe.loaded_bytes),
                                  bytes_text(probe.peak_bytes)));
  lines.add("placement", probe.safe_in_process
                             ? std::string("in the gateway's process")
                             : fmt::format("in a host process: {}", probe.unsafe_reason));
  if (record.reference) {
    const std::string& label = record.reference->label_column;
    lines.add("reference", fmt::format("{}{}", record.reference->original_name,
                                       label.empty() ? "" : ", label " + label));
  }
  if (!record.feature_map.empty()) lines.add("features", "mapped (--output json has the map)");
  if (record.parent_version > 0) lines.add("parent", fmt::format("{}", record.parent_version));
  lines.add("notes", record.notes);
  const std::string aliases =
      record.aliases.empty() ? "" : fmt::format(" ({})", fmt::join(record.aliases, ", "));
  return fmt::format("{} version {}{}\n{}", record.model, record.version, aliases, lines.take());
}

}  // namespace temper::cli
