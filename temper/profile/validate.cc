// Ranges of single values (a visitor over schema.h), then the rules between values.
#include <algorithm>
#include <set>

#include "temper/profile/profile.h"
#include "temper/profile/schema.h"

namespace temper::profile {
namespace {

using Problems = std::vector<Problem>;

template <typename... Args>
void report(Problems& problems, std::string_view key, fmt::format_string<Args...> text,
            Args&&... args) {
  problems.push_back({.key = std::string(key),
                      .message = fmt::format(text, std::forward<Args>(args)...),
                      .line = 0,
                      .column = 0});
}

class RangeChecker {
 public:
  explicit RangeChecker(Problems& problems) : problems_(problems) {}

  void text(std::string_view key, const std::string& value, const TextRule& rule) {
    if (rule.holds(value)) return;
    report(problems_, at(key), "expected {}, found {}", rule.expected, quoted(value));
  }
  void path(std::string_view key, const std::string& value) {
    if (value.size() < 4096 && kAnyText.holds(value.substr(0, 1024))) return;
    report(problems_, at(key), "expected a path of printable characters, under 4096 bytes");
  }
  void integer(std::string_view key, std::int64_t value, Range<std::int64_t> range) {
    if (value >= range.least && value <= range.most) return;
    report(problems_, at(key), "expected {}..{}, found {}", range.least, range.most, value);
  }
  void optional_integer(std::string_view key, const std::optional<std::int64_t>& value,
                        Range<std::int64_t> range) {
    if (value) integer(key, *value, range);
  }
  void integers(std::string_view key, const std::vector<std::int64_t>& values,
                Range<std::int64_t> range) {
    for (const std::int64_t value : values) integer(key, value, range);
    check_distinct(key, values, [](std::int64_t value) { return fmt::format("{}", value); });
  }
  void number(std::string_view key, double value, Range<double> range) {
    // Written so that NaN fails.
    if (value >= range.least && value <= range.most) return;
    report(problems_, at(key), "expected {}..{}, found {}", range.least, range.most, value);
  }
  void ratio(std::string_view key, double value, Range<double> range) {
    if (value >= range.least && value <= range.most) return;
    report(problems_, at(key), "expected a share in [0, 1{} or 0%..100%, found {}",
           range.most < 1 ? ")" : "]", value);
  }
  void optional_ratio(std::string_view key, const std::optional<double>& value,
                      Range<double> range) {
    if (value) ratio(key, *value, range);
  }
  void duration(std::string_view key, Duration value, Range<Duration> range) {
    if (value >= range.least && value <= range.most) return;
    report(problems_, at(key), "expected {}..{}, found {}", duration_text(range.least),
           duration_text(range.most), duration_text(value));
  }
  void size(std::string_view key, std::uint64_t value, Range<std::uint64_t> range) {
    if (value >= range.least && value <= range.most) return;
    report(problems_, at(key), "expected {}..{}, found {}", size_text(range.least),
           size_text(range.most), size_text(value));
  }
  void boolean(std::string_view, bool) {}
  template <typename E>
  void choice(std::string_view, E) {}
  template <typename E>
  void choices(std::string_view key, const std::vector<E>& values) {
    if (values.empty()) report(problems_, at(key), "expected at least one entry");
    check_distinct(key, values, [](E value) { return std::string(choice_name(value)); });
  }
  template <typename Describe>
  void table(std::string_view key, const Describe& describe_table) {
    enter(fmt::format("{}.", at(key)), [&] { describe_table(*this); });
  }
  template <typename T, typename Start, typename Describe>
  void tables(std::string_view key, const std::vector<T>& items, const Start&,
              const Describe& describe_item) {
    for (std::size_t index = 0; index < items.size(); ++index) {
      enter(fmt::format("{}[{}].", at(key), index), [&] { describe_item(*this, items[index]); });
    }
  }

 private:
  [[nodiscard]] std::string at(std::string_view key) const { return prefix_ + std::string(key); }
  static std::string quoted(const std::string& value) {
    return value.size() > 64 ? fmt::format("\"{}...\"", value.substr(0, 64))
                             : fmt::format("\"{}\"", value);
  }
  template <typename T, typename Text>
  void check_distinct(std::string_view key, const std::vector<T>& values, const Text& text) {
    std::set<T> seen;
    for (const T value : values) {
      if (!seen.insert(value).second) report(problems_, at(key), "{} is given twice", text(value));
    }
  }
  template <typename Body>
  void enter(std::string prefix, const Body& body) {
    std::swap(prefix_, prefix);
    body();
    std::swap(prefix_, prefix);
  }
  Problems& problems_;
  std::string prefix_;
};

/// Reports entries of `list` whose `member` equals an earlier one's.
template <typename T, typename Member>
void check_unique(Problems& problems, std::string_view list, const std::vector<T>& items,
                  Member T::* member, std::string_view member_name) {
  for (std::size_t later = 1; later < items.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      if (items[earlier].*member != items[later].*member) continue;
      report(problems, fmt::format("{}[{}].{}", list, later, member_name),
             "{} is already that of {}[{}]", items[later].*member, list, earlier);
      break;
    }
  }
}

void check_exposed(Problems& problems, const Profile& profile, std::string_view key,
                   const std::string& text) {
  const Result<ListenAddress> address = parse_listen_address(text);
  if (!address || is_loopback(*address)) return;
  if (key.starts_with("admin")) {
    report(problems, fmt::format("server.{}", key),
           "{} can be reached by others; administration listens on loopback or on a Unix socket "
           "only",
           text);
    return;
  }
  const bool has_keys = !profile.api_keys.empty();
  const bool has_tls = profile.server.tls.enabled();
  if (has_keys && has_tls) return;
  report(problems, fmt::format("server.{}", key),
         "{} can be reached by others, and {}; add [[api_keys]] and [server.tls], or listen on "
         "127.0.0.1",
         text,
         has_keys  ? "TLS is off"
         : has_tls ? "no API key is set"
                   : "neither API keys nor TLS are set");
}

void check_exposure(Problems& problems, const Profile& profile) {
  check_exposed(problems, profile, "http", profile.server.http);
  check_exposed(problems, profile, "grpc", profile.server.grpc);
  check_exposed(problems, profile, "admin", profile.server.admin);
  check_exposed(problems, profile, "admin_grpc", profile.server.admin_grpc);
}

void check_server(Problems& problems, const Server& server) {
  if (server.http.empty() && server.grpc.empty()) {
    report(problems, "server", "both http and grpc are off: nothing could be served");
  }
  const std::pair<std::string_view, const std::string&> listeners[] = {
      {"http", server.http},
      {"grpc", server.grpc},
      {"admin", server.admin},
      {"admin_grpc", server.admin_grpc}};
  for (std::size_t later = 1; later < std::size(listeners); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      const auto one = parse_listen_address(listeners[earlier].second);
      const auto other = parse_listen_address(listeners[later].second);
      if (!one || !other || *one != *other) continue;
      if (one->unix_path.empty() && one->port == 0) continue;
      report(problems, fmt::format("server.{}", listeners[later].first),
             "{} is already the address of {}", listeners[later].second, listeners[earlier].first);
    }
  }
  const Tls& tls = server.tls;
  if (tls.certificate.empty() != tls.key.empty()) {
    report(problems, "server.tls", "certificate and key go together; {} is missing",
           tls.key.empty() ? "key" : "certificate");
  }
  if (!tls.client_ca.empty() && !tls.enabled()) {
    report(problems, "server.tls.client_ca", "has no effect without certificate and key");
  }
}

void check_fallback(Problems& problems, const Profile& profile, const Tier& tier,
                    const std::string& at) {
  bool has_tier_outputs = false;
  for (std::size_t step = 0; step < tier.fallback.size(); ++step) {
    const FallbackKind kind = tier.fallback[step];
    has_tier_outputs |= kind == FallbackKind::kTierOutputs;
    const bool is_last = step + 1 == tier.fallback.size();
    if (kind == FallbackKind::kAbort && tier.fallback.size() > 1) {
      report(problems, at + "fallback", "abort stands alone: it allows no substitute");
    } else if (kind == FallbackKind::kError && !is_last) {
      report(problems, at + "fallback", "nothing after error is ever tried");
    }
  }
  if (has_tier_outputs && !tier.fallback_tier) {
    report(problems, at + "fallback", "tier_outputs needs fallback_tier");
  }
  if (!tier.fallback_tier) return;
  if (!has_tier_outputs) {
    report(problems, at + "fallback_tier", "has no effect: fallback has no tier_outputs");
  } else if (*tier.fallback_tier == tier.id) {
    report(problems, at + "fallback_tier", "a tier cannot fall back on itself");
  } else if (profile.find_tier(*tier.fallback_tier) == nullptr) {
    report(problems, at + "fallback_tier", "there is no tier {}", *tier.fallback_tier);
  }
}

void check_tiers(Problems& problems, const Profile& profile) {
  if (profile.tiers.empty()) report(problems, "tiers", "expected at least one [[tiers]]");
  check_unique(problems, "tiers", profile.tiers, &Tier::id, "id");
  check_unique(problems, "tiers", profile.tiers, &Tier::name, "name");
  const auto serving = std::ranges::count(profile.devices, Pool::kServing, &Device::pool);
  for (std::size_t index = 0; index < profile.tiers.size(); ++index) {
    const Tier& tier = profile.tiers[index];
    const std::string at = fmt::format("tiers[{}].", index);
    const auto before = std::span(profile.tiers).first(index);
    if (tier.inherits && std::ranges::find(before, *tier.inherits, &Tier::id) == before.end()) {
      report(problems, at + "inherits", "no tier {} is listed before this one", *tier.inherits);
    }
    if (tier.deadline < tier.p99_latency) {
      report(problems, at + "deadline", "{} is shorter than p99_latency, {}",
             duration_text(tier.deadline), duration_text(tier.p99_latency));
    }
    if (tier.accuracy_of == AccuracyKind::kApproved && !tier.approval_required && !tier.advisory) {
      report(problems, at + "accuracy_of",
             "approved needs people: set advisory or approval_required");
    }
    if (tier.min_devices > serving) {
      report(problems, at + "min_devices",
             "tier {} needs {} devices of the serving pool, the profile has {}", tier.id,
             tier.min_devices, serving);
    }
    check_fallback(problems, profile, tier, at);
  }
}

void check_devices(Problems& problems, const Profile& profile) {
  constexpr std::uint64_t kLeastHostBytes = 64 * kMiB;
  if (profile.devices.empty()) report(problems, "devices", "expected at least one [[devices]]");
  check_unique(problems, "devices", profile.devices, &Device::id, "id");
  check_unique(problems, "devices", profile.devices, &Device::name, "name");
  bool has_process = false;
  for (std::size_t index = 0; index < profile.devices.size(); ++index) {
    const Device& device = profile.devices[index];
    const std::string at = fmt::format("devices[{}].", index);
    if (std::ranges::all_of(device.capabilities,
                            [](Capability c) { return c == Capability::kStorage; })) {
      report(problems, at + "capabilities", "a device that runs models needs cpu, gpu or npu");
    }
    if (device.runs == Runs::kHost && device.memory_bytes < kLeastHostBytes) {
      report(problems, at + "memory_bytes",
             "a host needs a limit of at least 64MiB, found {}; without one, one model can take "
             "the machine's memory",
             size_text(device.memory_bytes));
    }
    if (device.runs != Runs::kProcess) continue;
    if (has_process) {
      report(problems, at + "runs", "there is one gateway process, so one device runs in it");
    }
    has_process = true;
    if (device.pool != Pool::kServing) {
      report(problems, at + "pool", "a device in the gateway's process serves; {} needs a host",
             choice_name(device.pool));
    }
  }
}

/// The devices that a version under `policy` may be placed on.
std::vector<const Device*> candidates(const Profile& profile, const ModelPolicy& policy) {
  std::vector<const Device*> found;
  for (const Device& device : profile.devices) {
    const bool listed = policy.devices.empty()
                            ? device.pool == Pool::kServing
                            : std::ranges::find(policy.devices, device.id) != policy.devices.end();
    const bool fits = policy.placement == Placement::kAuto ||
                      (policy.placement == Placement::kProcess) == (device.runs == Runs::kProcess);
    if (listed && fits) found.push_back(&device);
  }
  return found;
}

void check_placement(Problems& problems, const Profile& profile, const ModelPolicy& policy,
                     const Tier& tier, const std::string& at) {
  for (const std::int64_t id : policy.devices) {
    const Device* device = profile.find_device(id);
    if (device == nullptr) {
      report(problems, at + "devices", "there is no device {}", id);
    } else if (device->pool == Pool::kTraining) {
      report(problems, at + "devices", "device {} is of the training pool, which never serves", id);
    }
  }
  const auto available = static_cast<std::int64_t>(candidates(profile, policy).size());
  const std::int64_t wanted = policy.instances == 0 ? tier.min_devices : policy.instances;
  if (policy.instances != 0 && policy.instances < tier.min_devices) {
    report(problems, at + "instances", "tier {} needs {} devices, found {}", tier.id,
           tier.min_devices, policy.instances);
  } else if (available < wanted) {
    report(problems, at + (policy.instances == 0 ? "placement" : "instances"),
           "{} {} wanted, but placement {} over its devices leaves {}", wanted,
           wanted == 1 ? "device is" : "devices are", choice_name(policy.placement), available);
  }
}

void check_batching(Problems& problems, const Batching& batching, const Tier& tier,
                    const std::string& at) {
  if (batching.max_batch_rows_under_load < batching.max_batch_rows) {
    report(problems, at + "batching.max_batch_rows_under_load", "{} is below max_batch_rows, {}",
           batching.max_batch_rows_under_load, batching.max_batch_rows);
  }
  const std::int64_t largest =
      std::max(batching.max_batch_rows, batching.max_batch_rows_under_load);
  if (batching.max_queued_rows < largest) {
    report(problems, at + "batching.max_queued_rows", "{} rows never fill a batch of {}",
           batching.max_queued_rows, largest);
  }
  if (batching.max_queue_delay >= tier.p99_latency) {
    report(problems, at + "batching.max_queue_delay",
           "{} leaves nothing of the {} that tier {} promises",
           duration_text(batching.max_queue_delay), duration_text(tier.p99_latency), tier.id);
  }
}

void check_policy(Problems& problems, const Profile& profile, const ModelPolicy& policy,
                  const std::string& at) {
  const Tier* tier = profile.find_tier(policy.tier);
  if (tier == nullptr) {
    report(problems, at + "tier", "there is no tier {}", policy.tier);
    return;
  }
  check_placement(problems, profile, policy, *tier, at);
  check_batching(problems, policy.batching, *tier, at);
  if (policy.fallback_model.empty()) return;
  const bool is_used = std::ranges::any_of(tier->fallback, [](FallbackKind kind) {
    return kind == FallbackKind::kBaselineModel || kind == FallbackKind::kSmallerModel;
  });
  if (!is_used) {
    report(problems, at + "fallback_model",
           "has no effect: the fallback of tier {} has neither baseline_model nor smaller_model",
           tier->id);
  } else if (policy.fallback_model == policy.name) {
    report(problems, at + "fallback_model", "a model cannot fall back on itself");
  }
}

void check_access(Problems& problems, const Profile& profile) {
  check_unique(problems, "api_keys", profile.api_keys, &ApiKey::name, "name");
  check_unique(problems, "api_keys", profile.api_keys, &ApiKey::sha256, "sha256");
  const Limits& limits = profile.limits;
  if (limits.burst > 0 && limits.requests_per_second == 0) {
    report(problems, "limits.burst", "has no effect without requests_per_second");
  }
}

}  // namespace

void check_ranges(std::vector<Problem>& problems, const Profile& profile) {
  RangeChecker ranges(problems);
  describe(ranges, profile);
}

namespace {

void check_streams(Problems& problems, const Profile& profile) {
  const bool shared = profile.streams.backend == StreamBackend::kRedis;
  if (profile.record.worker == Worker::kApart && !shared) {
    report(problems, "record.worker",
           "a worker apart reads the streams of 'redis'; the embedded journal has one owner");
  }
  const Result<ListenAddress> redis = parse_listen_address(profile.streams.redis);
  if (shared && (!redis || redis->port == 0)) {
    report(problems, "streams.redis", "expected HOST:PORT of the server, found \"{}\"",
           profile.streams.redis);
  }
}

}  // namespace

void check_rules(std::vector<Problem>& problems, const Profile& profile) {
  check_server(problems, profile.server);
  check_exposure(problems, profile);
  check_access(problems, profile);
  check_streams(problems, profile);
  check_tiers(problems, profile);
  check_devices(problems, profile);
  check_policy(problems, profile, profile.model_defaults, "model_defaults.");
  check_unique(problems, "models", profile.models, &ModelPolicy::name, "name");
  for (std::size_t index = 0; index < profile.models.size(); ++index) {
    check_policy(problems, profile, profile.models[index], fmt::format("models[{}].", index));
  }
}

std::vector<Problem> validate(const Profile& profile) {
  Problems problems;
  check_ranges(problems, profile);
  check_rules(problems, profile);
  return problems;
}

Status check_exposure(const Profile& profile) {
  Problems problems;
  check_exposure(problems, profile);
  if (problems.empty()) return {};
  return fail(ErrorCode::kFailedPrecondition, "{}: {}", problems.front().key,
              problems.front().message);
}

}  // namespace temper::profile
