#include "temper/watch/drift/monitor.h"

#include <algorithm>
#include <limits>

namespace temper::drift {
namespace {

constexpr std::uint32_t kMagic = 0x4d525444;  // "DTRM"
constexpr std::uint32_t kFormat = 1;
constexpr std::int64_t kMaxOpen = 1000;
// Accuracy is judged over the latest labels, not over a version's whole life.
constexpr std::uint64_t kMaxLabels = 20'000;

}  // namespace

Monitor::Monitor(std::shared_ptr<const Calibration> calibration, const MonitorConfig& config)
    : calibration_(std::move(calibration)),
      config_(config),
      pending_(*calibration_),
      closed_through_(std::numeric_limits<std::int64_t>::min()),
      detector_(*calibration_),
      codes_(calibration_->features.size()) {}

Result<Monitor> Monitor::create(std::shared_ptr<const Calibration> calibration,
                                const MonitorConfig& config) {
  if (config.check_interval_ns <= 0) {
    return fail(ErrorCode::kInvalidArgument, "the check interval is positive, not {} ns",
                config.check_interval_ns);
  }
  return Monitor(std::move(calibration), config);
}

Status Monitor::fits(const Rows& rows) const {
  const auto& features = calibration_->features;
  if (rows.columns.size() != features.size()) {
    return fail(ErrorCode::kInvalidArgument, "{} columns for {} features", rows.columns.size(),
                features.size());
  }
  for (std::size_t f = 0; f < features.size(); ++f) {
    if (rows.columns[f].size() != rows.event_time_ns.size() ||
        !features[f].bins.accepts(rows.columns[f])) {
      return fail(ErrorCode::kInvalidArgument, "column '{}' does not fit: {} rows for {} times",
                  features[f].bins.name(), rows.columns[f].size(), rows.event_time_ns.size());
    }
  }
  return {};
}

std::int64_t Monitor::interval_of(std::int64_t time_ns) const {
  const std::int64_t width = config_.check_interval_ns;
  const std::int64_t rest = ((time_ns % width) + width) % width;
  return time_ns / width - (time_ns % width < 0 && rest != 0 ? 1 : 0);
}

Window* Monitor::window_at(std::int64_t time_ns) {
  const std::int64_t interval = interval_of(time_ns);
  if (interval < closed_through_) return nullptr;
  const auto found = open_.find(interval);
  if (found != open_.end()) return &found->second;
  if (std::ssize(open_) >= kMaxOpen) return nullptr;
  return &open_.emplace(interval, Window(*calibration_)).first->second;
}

void Monitor::count_rows(const Rows& rows, std::span<const std::uint16_t> slots) {
  const auto times = rows.event_time_ns;
  for (std::size_t first = 0; first < times.size();) {
    // Rows mostly come in the order of time: one interval, many rows.
    const std::int64_t interval = interval_of(times[first]);
    std::size_t end = first + 1;
    while (end < times.size() && interval_of(times[end]) == interval) ++end;
    if (Window* window = window_at(times[first])) {
      window->add_rows(times.subspan(first, end - first), slots.subspan(first, end - first));
      for (std::size_t f = 0; f < codes_.size(); ++f) {
        window->add_codes(f, std::span(codes_[f]).subspan(first, end - first));
      }
    } else {
      (interval < closed_through_ ? late_rows_ : early_rows_) += end - first;
    }
    first = end;
  }
}

Result<std::vector<Alarm>> Monitor::add(const Rows& rows) {
  TEMPER_TRY_STATUS(fits(rows));
  const std::size_t count = rows.event_time_ns.size();
  std::vector<std::uint16_t> slots(count);
  for (std::size_t i = 0; i < count; ++i) {
    slots[i] = static_cast<std::uint16_t>(calibration_->season.slot(rows.event_time_ns[i]));
  }
  std::vector<std::span<const std::uint8_t>> views;
  views.reserve(codes_.size());
  for (std::size_t f = 0; f < codes_.size(); ++f) {
    codes_[f].resize(count);
    calibration_->features[f].bins.encode(rows.columns[f], codes_[f]);
    views.emplace_back(codes_[f]);
  }
  count_rows(rows, slots);
  std::vector<Alarm> alarms;
  if (config_.policy != Policy::kCalibrated) return alarms;
  for (const auto& hit : detector_.add(views, slots)) {
    alarms.push_back({.event_time_ns = rows.event_time_ns[hit.row - 1],
                      .feature = hit.feature,
                      .log_value = hit.log_value,
                      .threshold = hit.threshold});
  }
  alarms_ += alarms.size();
  return alarms;
}

void Monitor::add_label(std::int64_t event_time_ns, bool correct) {
  Window* window = window_at(event_time_ns);
  (window != nullptr ? *window : pending_).add_label(correct);
}

void Monitor::mark_unfit(std::int64_t event_time_ns) {
  Window* window = window_at(event_time_ns);
  (window != nullptr ? *window : pending_).mark_unfit();
}

std::optional<Check> Monitor::close(const Window& window) {
  if (!pending_.merge(window)) return std::nullopt;  // both are of our calibration
  if (pending_.rows() < calibration_->config.window_rows) return std::nullopt;
  if (labelled_ >= kMaxLabels) labelled_ = correct_ = 0;
  labelled_ += pending_.labelled();
  correct_ += pending_.correct();
  std::optional<AccuracyDrop> accuracy;
  if (config_.baseline) {
    if (auto drop = accuracy_drop(*config_.baseline, correct_, labelled_)) accuracy = *drop;
  }
  auto check = judge(*calibration_, pending_, config_.policy, accuracy, alarms_);
  if (accuracy && accuracy->drift) labelled_ = correct_ = 0;
  alarms_ = 0;
  pending_ = Window(*calibration_);
  return check;
}

std::vector<Check> Monitor::advance(std::int64_t watermark_ns) {
  std::vector<Check> checks;
  const std::int64_t now = interval_of(watermark_ns);
  while (!open_.empty() && open_.begin()->first < now) {
    auto node = open_.extract(open_.begin());
    closed_through_ = std::max(closed_through_, node.key() + 1);
    if (auto check = close(node.mapped())) checks.push_back(std::move(*check));
  }
  closed_through_ = std::max(closed_through_, now);
  return checks;
}

Status Monitor::merge(const Monitor& other) {
  for (const auto& [interval, window] : other.open_) {
    const auto found = open_.find(interval);
    if (found != open_.end()) {
      TEMPER_TRY_STATUS(found->second.merge(window));
    } else if (interval >= closed_through_) {
      open_.emplace(interval, window);
    } else {
      late_rows_ += window.rows();
    }
  }
  TEMPER_TRY_STATUS(pending_.merge(other.pending_));
  alarms_ += other.alarms_;
  late_rows_ += other.late_rows_;
  early_rows_ += other.early_rows_;
  labelled_ += other.labelled_;
  correct_ += other.correct_;
  return {};
}

std::string Monitor::encode() const {
  stats::ByteWriter out;
  out.u32(kMagic);
  out.u32(kFormat);
  out.i64(closed_through_);
  out.u64(alarms_);
  out.u64(late_rows_);
  out.u64(early_rows_);
  out.u64(labelled_);
  out.u64(correct_);
  pending_.write(out);
  out.u32(static_cast<std::uint32_t>(open_.size()));
  for (const auto& [interval, window] : open_) {
    out.i64(interval);
    window.write(out);
  }
  detector_.write(out);
  return out.take();
}

Result<Monitor> Monitor::decode(std::string_view bytes,
                                std::shared_ptr<const Calibration> calibration,
                                const MonitorConfig& config) {
  TEMPER_TRY(auto monitor, create(std::move(calibration), config));
  stats::ByteReader in(bytes);
  TEMPER_TRY(const auto magic, in.u32());
  TEMPER_TRY(const auto format, in.u32());
  if (magic != kMagic || format != kFormat) {
    return fail(ErrorCode::kInvalidArgument, "not a drift monitor's state of format {}", kFormat);
  }
  TEMPER_TRY(monitor.closed_through_, in.i64());
  TEMPER_TRY(monitor.alarms_, in.u64());
  TEMPER_TRY(monitor.late_rows_, in.u64());
  TEMPER_TRY(monitor.early_rows_, in.u64());
  TEMPER_TRY(monitor.labelled_, in.u64());
  TEMPER_TRY(monitor.correct_, in.u64());
  TEMPER_TRY(monitor.pending_, Window::read(in, *monitor.calibration_));
  TEMPER_TRY(const auto open, in.u32());
  if (open > kMaxOpen) return fail(ErrorCode::kInvalidArgument, "{} windows are open", open);
  for (std::uint32_t i = 0; i < open; ++i) {
    TEMPER_TRY(const auto interval, in.i64());
    TEMPER_TRY(auto window, Window::read(in, *monitor.calibration_));
    monitor.open_.emplace(interval, std::move(window));
  }
  TEMPER_TRY_STATUS(monitor.detector_.read(in));
  if (in.left() != 0) return fail(ErrorCode::kInvalidArgument, "bytes follow the monitor's state");
  return monitor;
}

}  // namespace temper::drift
