#include "temper/gateway/fleet/fleet.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "temper/core/log.h"

namespace temper::gateway {
namespace {

std::optional<int> version_number(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

template <typename Map>
std::string names_of(const Map& map) {
  std::string names;
  for (const auto& [name, value] : map)
    names += fmt::format("{}'{}'", names.empty() ? "" : ", ", name);
  return names.empty() ? "none" : names;
}

batching::ExecutorConfig executor_config(const profile::ModelPolicy& policy,
                                         const runtime::ProbeReport& probe) {
  batching::ExecutorConfig config;
  const profile::Batching& batching = policy.batching;
  config.batching.max_batch_rows = batching.max_batch_rows;
  config.batching.max_batch_rows_under_load = batching.max_batch_rows_under_load;
  config.batching.max_queue_delay = batching.max_queue_delay;
  config.batching.max_queued_rows = batching.max_queued_rows;
  config.batchable = batching.enabled && probe.batchable;
  config.inline_below = policy.inline_below;
  config.measured_run = Duration(probe.run_ns_1);
  return config;
}

/// Versions to hold: those an alias names, and the latest few, so that a rollback is instant.
std::set<int> wanted_versions(const registry::ModelSummary& summary, std::size_t latest) {
  std::set<int> wanted;
  for (const auto& [alias, version] : summary.aliases) wanted.insert(version);
  const std::size_t count = std::min(latest, summary.versions.size());
  wanted.insert(summary.versions.end() - static_cast<std::ptrdiff_t>(count),
                summary.versions.end());
  return wanted;
}

}  // namespace

VersionMetrics VersionMetrics::create(metrics::Registry& registry, const std::string& prefix,
                                      const std::string& model, const std::string& version,
                                      std::int64_t tier) {
  const metrics::Labels labels{
      {"model", model}, {"tier", std::to_string(tier)}, {"version", version}};
  const auto requests = [&](std::string_view outcome) -> metrics::Counter& {
    metrics::Labels with_outcome = labels;
    with_outcome.emplace(with_outcome.begin() + 1, "outcome", outcome);
    return registry.counter(prefix + "_requests_total", "Inference requests answered, by outcome.",
                            with_outcome);
  };
  return {.succeeded = requests("ok"),
          .refused = requests("refused"),
          .failed = requests("failed"),
          .rows = registry.counter(prefix + "_rows_total", "Rows predicted.", labels),
          .latency = registry.histogram(prefix + "_request_seconds",
                                        "From a request's last byte to its answer.", labels),
          .queued = registry.histogram(prefix + "_queue_seconds",
                                       "Time an answered request waited for an instance.", labels),
          .computed = registry.histogram(prefix + "_compute_seconds",
                                         "Time of the run that answered a request.", labels)};
}

std::unique_ptr<Fleet> Fleet::start(registry::Registry registry,
                                    std::shared_ptr<const profile::Profile> profile,
                                    Runtimes runtimes, metrics::Registry& metrics,
                                    const Clock& clock) {
  std::unique_ptr<Fleet> fleet(
      new Fleet(std::move(registry), std::move(profile), std::move(runtimes), metrics, clock));
  fleet->thread_ =
      std::jthread([raw = fleet.get()](const std::stop_token& stop) { raw->follow(stop); });
  return fleet;
}

Fleet::Fleet(registry::Registry registry, std::shared_ptr<const profile::Profile> profile,
             Runtimes runtimes, metrics::Registry& metrics, const Clock& clock)
    : registry_(std::move(registry)),
      profile_(profile),
      placement_(std::move(profile), std::move(runtimes)),
      metrics_(metrics),
      clock_(clock),
      snapshot_(std::make_shared<const Snapshot>()) {}

Fleet::~Fleet() {
  thread_.request_stop();
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Result<std::shared_ptr<ServedVersion>> Fleet::find(std::string_view model,
                                                   std::string_view version) const {
  const std::shared_ptr<const Snapshot> now = snapshot();
  const auto found = now->find(model);
  if (found == now->end()) {
    return fail(ErrorCode::kNotFound, "no model '{}'; there is {}", model, names_of(*now));
  }
  const ModelEntry& entry = found->second;
  if (version.empty()) {
    if (entry.champion) return entry.champion;
    const auto champion = entry.aliases.find(registry::kChampion);
    if (champion == entry.aliases.end()) {
      return fail(ErrorCode::kUnavailable, "model '{}' has no champion; name a version", model);
    }
    return fail(ErrorCode::kUnavailable, "model '{}' version {} is not ready: {}", model,
                champion->second, entry.registered.at(champion->second));
  }
  std::optional<int> number = version_number(version);
  if (!number) {
    const auto alias = entry.aliases.find(version);
    if (alias == entry.aliases.end()) {
      return fail(ErrorCode::kNotFound, "model '{}' has no version '{}'; its aliases are {}", model,
                  version, names_of(entry.aliases));
    }
    number = alias->second;
  }
  if (const auto loaded = entry.versions.find(*number); loaded != entry.versions.end()) {
    return loaded->second;
  }
  if (const auto known = entry.registered.find(*number); known != entry.registered.end()) {
    return fail(ErrorCode::kUnavailable, "model '{}' version {} is not ready: {}", model, *number,
                known->second);
  }
  return fail(ErrorCode::kNotFound, "model '{}' has no version {}; it has {}", model, *number,
              names_of(entry.registered));
}

std::vector<std::shared_ptr<ServedVersion>> Fleet::loaded() const {
  std::vector<std::shared_ptr<ServedVersion>> all;
  const std::shared_ptr<const Snapshot> now = snapshot();
  for (const auto& [name, entry] : *now) {
    for (const auto& [number, served] : entry.versions) all.push_back(served);
  }
  return all;
}

std::vector<FleetEntry> Fleet::index() const {
  std::vector<FleetEntry> entries;
  const std::shared_ptr<const Snapshot> now = snapshot();
  for (const auto& [name, entry] : *now) {
    const auto champion = entry.aliases.find(registry::kChampion);
    for (const auto& [number, reason] : entry.registered) {
      entries.push_back({.model = name,
                         .version = std::to_string(number),
                         .ready = entry.versions.contains(number),
                         .champion = champion != entry.aliases.end() && champion->second == number,
                         .reason = reason});
    }
  }
  return entries;
}

void Fleet::wait_until_ready() { ready_.wait(false, std::memory_order_acquire); }

void Fleet::load(std::string model, Done done) {
  const std::scoped_lock lock(mutex_);
  commands_.emplace_back([this, model = std::move(model), done = std::move(done)] {
    unloaded_.erase(model);
    retry_.insert(model);
    const Status reconciled = reconcile();
    retry_.erase(model);
    if (!reconciled) return done(reconciled);
    const Result<std::shared_ptr<ServedVersion>> found = find(model, "");
    if (!found) return done(std::unexpected(found.error()));
    const int wanted = snapshot()->find(model)->second.aliases.find(registry::kChampion)->second;
    if ((*found)->record->version == wanted) return done({});
    done(fail(ErrorCode::kUnavailable, "version {} could not be loaded ({}); version {} goes on",
              wanted, snapshot()->find(model)->second.registered.at(wanted),
              (*found)->record->version));
  });
  wake_.notify_all();
}

void Fleet::unload(std::string model, Done done) {
  const std::scoped_lock lock(mutex_);
  commands_.emplace_back([this, model = std::move(model), done = std::move(done)] {
    if (!snapshot()->contains(model)) {
      return done(fail(ErrorCode::kNotFound, "no model '{}'", model));
    }
    unloaded_.insert(model);
    done(reconcile());
  });
  wake_.notify_all();
}

std::shared_ptr<const Fleet::Snapshot> Fleet::snapshot() const {
  const std::scoped_lock lock(snapshot_mutex_);
  return snapshot_;
}

void Fleet::follow(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    run_commands();
    const Result<std::uint64_t> change = registry_.change_counter();
    if (!change) {
      log::error("registry cannot be read", {{"error", change.error().message}});
    } else if (!ready_.load() || *change != seen_change_) {
      if (const Status status = reconcile(); !status) {
        log::error("registry cannot be followed", {{"error", status.error().message}});
      } else {
        seen_change_ = *change;
        ready_.store(true, std::memory_order_release);
        ready_.notify_all();
      }
    }
    retire_unused();
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, kPollInterval, [this] { return !commands_.empty(); });
  }
  // Whoever still waits for a command learns that nothing will come of it.
  run_commands();
}

void Fleet::run_commands() {
  for (;;) {
    std::function<void()> command;
    {
      const std::scoped_lock lock(mutex_);
      if (commands_.empty()) return;
      command = std::move(commands_.front());
      commands_.pop_front();
    }
    command();
  }
}

Status Fleet::reconcile() {
  TEMPER_TRY(const std::vector<registry::ModelSummary> models, registry_.list());
  const std::shared_ptr<const Snapshot> before = snapshot();
  Snapshot next = *before;
  std::erase_if(next, [&](const auto& item) {
    return std::ranges::find(models, item.first, &registry::ModelSummary::name) == models.end();
  });
  publish(next);
  for (const registry::ModelSummary& summary : models) {
    const auto known = before->find(summary.name);
    next[summary.name] =
        reconcile_model(summary, known == before->end() ? ModelEntry{} : known->second);
    // One model at a time, so that a slow load holds nobody else up.
    publish(next);
  }
  return {};
}

Fleet::ModelEntry Fleet::reconcile_model(const registry::ModelSummary& summary,
                                         const ModelEntry& before) {
  ModelEntry entry;
  entry.aliases.insert(summary.aliases.begin(), summary.aliases.end());
  const bool unloaded = unloaded_.contains(summary.name);
  const std::set<int> wanted = unloaded ? std::set<int>{} : wanted_versions(summary, kWarmVersions);
  for (const int number : summary.versions) {
    std::string& reason = entry.registered[number];
    if (unloaded) {
      reason = "unloaded";
      continue;
    }
    if (!wanted.contains(number)) {
      reason = fmt::format("no alias names it and it is not among the last {}", kWarmVersions);
      continue;
    }
    if (const auto held = before.versions.find(number); held != before.versions.end()) {
      entry.versions.emplace(number, held->second);
      continue;
    }
    // What failed before is tried again only on request: it would fail again at every change.
    const auto failed = before.registered.find(number);
    if (failed != before.registered.end() && failed->second.starts_with("cannot be loaded") &&
        !retry_.contains(summary.name)) {
      reason = failed->second;
      continue;
    }
    Result<std::shared_ptr<ServedVersion>> served =
        [&]() -> Result<std::shared_ptr<ServedVersion>> {
      TEMPER_TRY(const registry::VersionRecord record, registry_.version(summary.name, number));
      return bring_up(record);
    }();
    if (served) {
      entry.versions.emplace(number, std::move(*served));
    } else {
      reason = fmt::format("cannot be loaded: {}", served.error().message);
      log::error("model version cannot be loaded",
                 {{"model", summary.name}, {"version", number}, {"error", served.error().message}});
    }
  }
  if (const auto alias = entry.aliases.find(registry::kChampion);
      alias != entry.aliases.end() && !unloaded) {
    const auto champion = entry.versions.find(alias->second);
    // A champion that cannot be loaded does not take down the one that answers now.
    entry.champion = champion != entry.versions.end() ? champion->second : before.champion;
  }
  return entry;
}

Result<std::shared_ptr<ServedVersion>> Fleet::bring_up(const registry::VersionRecord& record) {
  const TimePoint started = clock_.now();
  const profile::ModelPolicy policy = profile_->policy_for(record.model);
  const profile::Tier* tier = profile_->find_tier(policy.tier);
  if (tier == nullptr) {
    return fail(ErrorCode::kFailedPrecondition, "the profile has no tier {}", policy.tier);
  }
  TEMPER_TRY(std::vector<PlacedInstance> placed, placement_.place(record, policy));
  std::vector<std::string> devices;
  std::vector<batching::InstanceSlots> instances;
  for (PlacedInstance& each : placed) {
    devices.push_back(each.device);
    instances.push_back(
        {.instance = std::move(each.instance), .slots = each.slots, .in_process = each.in_process});
  }
  const std::string version = std::to_string(record.version);
  auto served = std::shared_ptr<ServedVersion>(
      new ServedVersion{.record = std::make_shared<registry::VersionRecord>(record),
                        .version_text = version,
                        .policy = policy,
                        .tier = *tier,
                        .default_deadline = profile_->default_deadline(policy),
                        .devices = std::move(devices),
                        .executor = std::make_unique<batching::Executor>(
                            executor_config(policy, record.probe), std::move(instances), clock_),
                        .metrics = VersionMetrics::create(metrics_, profile_->metrics_prefix,
                                                          record.model, version, tier->id)});
  log::info(
      "model version ready",
      {{"model", record.model},
       {"version", record.version},
       {"in_process", placed.front().in_process},
       {"batched", record.probe.batchable && policy.batching.enabled},
       {"ms",
        std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now() - started).count()}});
  return served;
}

void Fleet::publish(Snapshot next) {
  const std::shared_ptr<const Snapshot> before = snapshot();
  auto shared = std::make_shared<const Snapshot>(std::move(next));
  for (const auto& [name, entry] : *before) {
    const auto kept = shared->find(name);
    for (const auto& [number, served] : entry.versions) {
      const bool still = kept != shared->end() && (kept->second.versions.contains(number) ||
                                                   kept->second.champion == served);
      if (!still) retired_.push_back(served);
    }
  }
  const std::scoped_lock lock(snapshot_mutex_);
  snapshot_.swap(shared);
}

void Fleet::retire_unused() {
  // A request holds its version until it is answered. Once ours is the last hold, nobody can get
  // another: destroying the executor here drains what is queued and never on a caller's thread.
  std::erase_if(retired_, [](const std::shared_ptr<ServedVersion>& served) {
    if (served.use_count() > 1) return false;
    log::info("model version retired",
              {{"model", served->record->model}, {"version", served->record->version}});
    return true;
  });
}

}  // namespace temper::gateway
