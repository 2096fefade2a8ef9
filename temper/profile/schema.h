// Every key of a profile, once: its name, its kind and the range of its value.
//
// `describe(visitor, profile)` walks the keys in the order in which they are written. The reader,
// the range checks and both writers are visitors, so a key that can be read can be checked and
// printed. Private to this folder.
#pragma once

#include <array>
#include <cmath>
#include <concepts>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "temper/profile/profile.h"

namespace temper::profile {

/// Both ends belong to the range.
template <typename T>
struct Range {
  T least;
  T most;
};

/// What a text may be, and how to say so.
struct TextRule {
  bool (*holds)(std::string_view text);
  std::string_view expected;
};

template <typename E>
struct Choice {
  std::string_view name;
  E value;
};

/// Names of the enumerators, as typed in a profile.
template <typename E>
inline constexpr std::array<Choice<E>, 0> kChoices{};
template <>
inline constexpr std::array<Choice<Role>, 4> kChoices<Role>{{{"infer", Role::kInfer},
                                                             {"admin", Role::kAdmin},
                                                             {"labeler", Role::kLabeler},
                                                             {"replay", Role::kReplay}}};
template <>
inline constexpr std::array<Choice<FallbackKind>, 7> kChoices<FallbackKind>{
    {{"baseline_model", FallbackKind::kBaselineModel},
     {"smaller_model", FallbackKind::kSmallerModel},
     {"cached_prediction", FallbackKind::kCachedPrediction},
     {"tier_outputs", FallbackKind::kTierOutputs},
     {"manual_review", FallbackKind::kManualReview},
     {"error", FallbackKind::kError},
     {"abort", FallbackKind::kAbort}}};
template <>
inline constexpr std::array<Choice<AccuracyKind>, 2> kChoices<AccuracyKind>{
    {{"labels", AccuracyKind::kLabels}, {"approved", AccuracyKind::kApproved}}};
template <>
inline constexpr std::array<Choice<Lineage>, 3> kChoices<Lineage>{
    {{"off", Lineage::kOff},
     {"best_effort", Lineage::kBestEffort},
     {"required", Lineage::kRequired}}};
template <>
inline constexpr std::array<Choice<Evidence>, 2> kChoices<Evidence>{
    {{"lossy", Evidence::kLossy}, {"lossless", Evidence::kLossless}}};
template <>
inline constexpr std::array<Choice<Explain>, 2> kChoices<Explain>{
    {{"sampled", Explain::kSampled}, {"all", Explain::kAll}}};
template <>
inline constexpr std::array<Choice<Capability>, 4> kChoices<Capability>{
    {{"cpu", Capability::kCpu},
     {"gpu", Capability::kGpu},
     {"npu", Capability::kNpu},
     {"storage", Capability::kStorage}}};
template <>
inline constexpr std::array<Choice<Runs>, 2> kChoices<Runs>{
    {{"process", Runs::kProcess}, {"host", Runs::kHost}}};
template <>
inline constexpr std::array<Choice<Pool>, 3> kChoices<Pool>{
    {{"serving", Pool::kServing}, {"fallback", Pool::kFallback}, {"training", Pool::kTraining}}};
template <>
inline constexpr std::array<Choice<Placement>, 3> kChoices<Placement>{
    {{"auto", Placement::kAuto}, {"process", Placement::kProcess}, {"host", Placement::kHost}}};

template <>
inline constexpr std::array<Choice<DriftPolicy>, 2> kChoices<DriftPolicy>{
    {{"calibrated", DriftPolicy::kCalibrated}, {"threshold", DriftPolicy::kThreshold}}};
template <>
inline constexpr std::array<Choice<StreamBackend>, 2> kChoices<StreamBackend>{
    {{"embedded", StreamBackend::kEmbedded}, {"redis", StreamBackend::kRedis}}};
template <>
inline constexpr std::array<Choice<Worker>, 2> kChoices<Worker>{
    {{"inside", Worker::kInside}, {"apart", Worker::kApart}}};

template <typename E>
[[nodiscard]] constexpr std::string_view choice_name(E value) {
  for (const Choice<E>& choice : kChoices<E>) {
    if (choice.value == value) return choice.name;
  }
  return "";
}

/// One line of printable text, at most 1,024 bytes; may be empty.
extern const TextRule kAnyText;
extern const TextRule kLabel;          // [a-z][a-z0-9-]{0,63}
extern const TextRule kMetricsPrefix;  // [a-z][a-z0-9_]{0,63}
extern const TextRule kModelName;      // [A-Za-z0-9][A-Za-z0-9._-]{0,127}
extern const TextRule kOptionalModelName;
extern const TextRule kStreamPrefix;  // [A-Za-z0-9][A-Za-z0-9_.:-]{0,63}; may be empty
extern const TextRule kTenant;        // [A-Za-z0-9][A-Za-z0-9_-]{0,63}
extern const TextRule kSha256;        // 64 lower-case hex digits, not those of the empty key
extern const TextRule kListener;      // as parse_listen_address; may be empty

/// Appends values outside their ranges.
void check_ranges(std::vector<Problem>& problems, const Profile& profile);
/// Appends breaches of the rules between values.
void check_rules(std::vector<Problem>& problems, const Profile& profile);

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
inline constexpr std::uint64_t kKiB = 1 << 10;
inline constexpr std::uint64_t kMiB = 1 << 20;
inline constexpr std::uint64_t kGiB = 1 << 30;
inline constexpr Duration kDay = hours(24);

/// `Like<Tier> T`: a Tier or a const Tier.
template <typename T, typename Struct>
concept Like = std::same_as<std::remove_const_t<T>, Struct>;

template <typename Visitor, Like<Server> S>
void describe(Visitor& v, S& server) {
  v.text("http", server.http, kListener);
  v.text("grpc", server.grpc, kListener);
  v.text("admin", server.admin, kListener);
  v.text("admin_grpc", server.admin_grpc, kListener);
  v.integer("io_threads", server.io_threads, {0, 256});
  v.size("max_body_bytes", server.max_body_bytes, {kKiB, 4 * kGiB});
  v.size("max_grpc_message_bytes", server.max_grpc_message_bytes, {kKiB, 2 * kGiB - 1});
  v.size("max_header_bytes", server.max_header_bytes, {kKiB, kMiB});
  v.integer("max_connections", server.max_connections, {1, 1'000'000});
  v.duration("idle_timeout", server.idle_timeout, {seconds(1), kDay});
  v.duration("request_read_timeout", server.request_read_timeout, {milliseconds(100), hours(1)});
  v.duration("default_deadline", server.default_deadline, {Duration(0), hours(1)});
  v.duration("drain_timeout", server.drain_timeout, {Duration(0), hours(1)});
  v.table("tls", [&](auto& inner) {
    inner.path("certificate", server.tls.certificate);
    inner.path("key", server.tls.key);
    inner.path("client_ca", server.tls.client_ca);
  });
}

template <typename Visitor, Like<ApiKey> K>
void describe(Visitor& v, K& key) {
  v.text("name", key.name, kLabel);
  v.text("sha256", key.sha256, kSha256);
  v.choices("roles", key.roles);
  v.text("tenant", key.tenant, kTenant);
}

template <typename Visitor, Like<Limits> L>
void describe(Visitor& v, L& limits) {
  v.number("requests_per_second", limits.requests_per_second, {0, 1e9});
  v.integer("burst", limits.burst, {0, 1'000'000'000});
  v.integer("max_in_flight_requests", limits.max_in_flight_requests, {0, 1'000'000'000});
}

template <typename Visitor, Like<Streams> S>
void describe(Visitor& v, S& streams) {
  v.choice("backend", streams.backend);
  v.text("redis", streams.redis, kListener);
  v.text("prefix", streams.prefix, kStreamPrefix);
  v.duration("retention", streams.retention, {minutes(1), 400 * kDay});
  v.size("max_bytes", streams.max_bytes, {kMiB, 64 * 1024 * kGiB});
}

template <typename Visitor, Like<Record> R>
void describe(Visitor& v, R& record) {
  v.boolean("predictions", record.predictions);
  v.size("buffer_bytes", record.buffer_bytes, {kMiB, 64 * kGiB});
  v.duration("retention", record.retention, {hours(1), 4000 * kDay});
  v.size("max_bytes", record.max_bytes, {kMiB, 64 * 1024 * kGiB});
  v.choice("worker", record.worker);
}

template <typename Visitor, Like<Tier> T>
void describe(Visitor& v, T& tier) {
  v.integer("id", tier.id, {0, 9});
  v.text("name", tier.name, kLabel);
  v.text("role", tier.role, kAnyText);
  v.optional_integer("inherits", tier.inherits, {0, 9});
  v.duration("p99_latency", tier.p99_latency, {milliseconds(1), hours(1)});
  v.duration("deadline", tier.deadline, {milliseconds(1), hours(1)});
  v.ratio("availability", tier.availability, {0, std::nextafter(1.0, 0.0)});
  v.optional_ratio("accuracy", tier.accuracy, {0, 1});
  v.choice("accuracy_of", tier.accuracy_of);
  v.duration("drift_check_interval", tier.drift_check_interval, {minutes(1), 30 * kDay});
  v.choices("fallback", tier.fallback);
  v.optional_integer("fallback_tier", tier.fallback_tier, {0, 9});
  v.text("fallback_message", tier.fallback_message, kAnyText);
  v.integer("priority", tier.priority, {1, 9});
  v.choice("lineage", tier.lineage);
  v.choice("evidence", tier.evidence);
  v.choice("explain", tier.explain);
  v.boolean("advisory", tier.advisory);
  v.boolean("shadow_required", tier.shadow_required);
  v.boolean("approval_required", tier.approval_required);
  v.integer("min_devices", tier.min_devices, {1, 16});
}

template <typename Visitor, Like<Device> D>
void describe(Visitor& v, D& device) {
  v.integer("id", device.id, {0, 103});
  v.text("name", device.name, kLabel);
  v.choices("capabilities", device.capabilities);
  v.choice("runs", device.runs);
  v.choice("pool", device.pool);
  v.size("memory_bytes", device.memory_bytes, {0, 64 * 1024 * kGiB});
  v.integer("cpus", device.cpus, {0, 1024});
  v.integer("slots", device.slots, {0, 256});
}

/// Without `name`, which only a listed model has.
template <typename Visitor, Like<ModelPolicy> P>
void describe_policy(Visitor& v, P& policy) {
  v.integer("tier", policy.tier, {0, 9});
  v.choice("placement", policy.placement);
  v.integers("devices", policy.devices, {0, 103});
  v.integer("instances", policy.instances, {0, 16});
  v.integer("intra_op_threads", policy.intra_op_threads, {1, 64});
  v.duration("deadline", policy.deadline, {Duration(0), hours(1)});
  v.duration("inline_below", policy.inline_below, {Duration(0), milliseconds(10)});
  v.text("fallback_model", policy.fallback_model, kOptionalModelName);
  v.duration("label_horizon", policy.label_horizon, {minutes(1), 400 * kDay});
  v.table("batching", [&](auto& inner) {
    auto& batching = policy.batching;
    inner.boolean("enabled", batching.enabled);
    inner.integer("max_batch_rows", batching.max_batch_rows, {1, 65'536});
    inner.integer("max_batch_rows_under_load", batching.max_batch_rows_under_load, {1, 65'536});
    inner.duration("max_queue_delay", batching.max_queue_delay, {Duration(0), milliseconds(50)});
    inner.integer("max_queued_rows", batching.max_queued_rows, {1, 10'000'000});
  });
  v.table("drift", [&](auto& inner) {
    inner.boolean("enabled", policy.drift.enabled);
    inner.choice("policy", policy.drift.policy);
    inner.duration("period", policy.drift.period, {Duration(0), 400 * kDay});
    inner.integer("min_rows", policy.drift.min_rows, {100, 1'000'000});
  });
}

/// Values that a new entry of a list starts from; `peek` looks an integer up in the entry.
template <typename T>
struct PlainStart {
  template <typename Peek>
  T operator()(const Peek&) const {
    return T{};
  }
};

template <typename Visitor, Like<Profile> P>
void describe(Visitor& v, P& profile) {
  const auto item = [](auto& inner, auto& value) { describe(inner, value); };
  v.text("name", profile.name, kLabel);
  v.text("metrics_prefix", profile.metrics_prefix, kMetricsPrefix);
  v.table("server", [&](auto& inner) { describe(inner, profile.server); });
  v.tables("api_keys", profile.api_keys, PlainStart<ApiKey>{}, item);
  v.table("limits", [&](auto& inner) { describe(inner, profile.limits); });
  v.table("streams", [&](auto& inner) { describe(inner, profile.streams); });
  v.table("record", [&](auto& inner) { describe(inner, profile.record); });
  v.tables(
      "tiers", profile.tiers,
      [&](const auto& peek) {
        Tier start;
        const std::optional<std::int64_t> parent = peek("inherits");
        if (const Tier* found = parent ? profile.find_tier(*parent) : nullptr) start = *found;
        start.inherits.reset();
        return start;
      },
      item);
  v.tables("devices", profile.devices, PlainStart<Device>{}, item);
  v.table("model_defaults", [&](auto& inner) { describe_policy(inner, profile.model_defaults); });
  v.tables(
      "models", profile.models, [&](const auto&) { return profile.model_defaults; },
      [](auto& inner, auto& policy) {
        inner.text("name", policy.name, kModelName);
        describe_policy(inner, policy);
      });
}

}  // namespace temper::profile
