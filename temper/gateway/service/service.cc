#include "temper/gateway/service/service.h"

#include <algorithm>
#include <utility>

namespace temper::gateway {
namespace {

/// A caller cannot hold a place in the queue longer than this, whatever deadline it names.
constexpr Duration kLongestDeadline = std::chrono::hours(1);

std::string spec_list(const std::vector<TensorSpec>& specs) {
  std::string text;
  for (const TensorSpec& spec : specs) {
    text += fmt::format("{}'{}' {}{}", text.empty() ? "" : ", ", spec.name,
                        data_type_name(spec.datatype), shape_text(spec.shape));
  }
  return text;
}

/// The request's tensors in the signature's order.
Result<std::vector<Tensor>> order_inputs(const ServedVersion& served,
                                         std::vector<oip::NamedTensor>& given) {
  const std::vector<TensorSpec>& specs = served.signature().inputs;
  std::vector<Tensor> ordered(specs.size());
  std::vector<bool> filled(specs.size(), false);
  std::size_t next = 0;
  for (oip::NamedTensor& input : given) {
    // Callers mostly send the signature's own order.
    const bool in_order = next < specs.size() && specs[next].name == input.name;
    const std::optional<std::size_t> index =
        in_order ? next : served.signature().input_index(input.name);
    if (!index) {
      return fail(ErrorCode::kInvalidArgument, "model '{}' has no input '{}'; it takes {}",
                  served.record->model, input.name, spec_list(specs));
    }
    ordered[*index] = std::move(input.tensor);
    filled[*index] = true;
    next = *index + 1;
  }
  if (const auto missing = std::ranges::find(filled, false); missing != filled.end()) {
    const TensorSpec& spec = specs[static_cast<std::size_t>(missing - filled.begin())];
    return fail(ErrorCode::kInvalidArgument, "input '{}' of model '{}' is missing, expected {}{}",
                spec.name, served.record->model, data_type_name(spec.datatype),
                shape_text(spec.shape));
  }
  TEMPER_TRY_STATUS(check_inputs(served.signature(), ordered));
  return ordered;
}

Status choose_outputs(const ServedVersion& served, const oip::DecodedInferRequest& request,
                      std::vector<std::size_t>& indices, std::vector<bool>& binary) {
  const std::vector<TensorSpec>& specs = served.signature().outputs;
  if (request.outputs.empty()) {
    for (std::size_t i = 0; i < specs.size(); ++i) indices.push_back(i);
    binary.assign(specs.size(), request.binary_outputs_default);
    return {};
  }
  for (const oip::RequestedOutput& output : request.outputs) {
    const std::optional<std::size_t> index = served.signature().output_index(output.name);
    if (!index) {
      return fail(ErrorCode::kInvalidArgument, "model '{}' has no output '{}'; it gives {}",
                  served.record->model, output.name, spec_list(specs));
    }
    indices.push_back(*index);
    binary.push_back(output.binary);
  }
  return {};
}

TimePoint deadline_of(const ServedVersion& served, const InferCall& call) {
  Duration allowed = kLongestDeadline;
  bool named = false;
  for (const std::optional<Duration>& limit :
       {call.request.parameters.timeout, call.transport_timeout}) {
    // 0 in the protocol means that the caller names none.
    if (!limit || *limit == Duration::zero()) continue;
    allowed = std::min(allowed, *limit);
    named = true;
  }
  return call.arrival + (named ? allowed : served.default_deadline);
}

std::string_view platform_of(const ServedVersion&) { return "onnxruntime_onnx"; }

oip::StatisticDuration duration_of(std::uint64_t count, std::uint64_t ns) {
  return {.count = count, .ns = ns};
}

oip::ModelStatistics statistics_of(const ServedVersion& served) {
  const batching::ExecutorStats stats = served.executor->stats();
  oip::ModelStatistics out;
  out.name = served.record->model;
  out.version = served.version_text;
  out.last_inference_ms =
      static_cast<std::uint64_t>(served.last_inference_ms.load(std::memory_order_relaxed));
  out.inference_count = stats.rows;
  out.execution_count = stats.runs;
  out.success = duration_of(stats.succeeded, stats.success_ns);
  out.fail = duration_of(stats.failed, stats.failure_ns);
  out.queue = duration_of(stats.succeeded, stats.queue_ns);
  out.compute_infer = duration_of(stats.succeeded, stats.compute_ns);
  for (const auto& [rows, batch] : stats.batches) {
    out.batches.push_back({.batch_size = static_cast<std::uint64_t>(rows),
                           .compute_input = {},
                           .compute_infer = duration_of(batch.runs, batch.compute_ns),
                           .compute_output = {}});
  }
  return out;
}

}  // namespace

oip::InferResponseView view_of(const InferAnswer& answer, AnswerStorage& storage) {
  storage.prediction_id = answer.prediction_id.to_string();
  storage.parameters = {
      {.name = "temper_prediction_id", .value = std::string_view(storage.prediction_id)}};
  storage.outputs.clear();
  storage.outputs.reserve(answer.outputs.size());
  const std::vector<TensorSpec>& specs = answer.served->signature().outputs;
  for (std::size_t i = 0; i < answer.outputs.size(); ++i) {
    storage.outputs.push_back({.name = specs[answer.output_indices[i]].name,
                               .tensor = &answer.outputs[i],
                               .binary = answer.binary[i]});
  }
  return {.model_name = answer.served->record->model,
          .model_version = answer.served->version_text,
          .id = answer.id,
          .parameters = storage.parameters,
          .outputs = storage.outputs};
}

struct Service::Plan {
  std::shared_ptr<ServedVersion> served;
  batching::Work work;
  std::vector<std::size_t> output_indices;
  std::vector<bool> binary;
  /// Its evidence may not be lost: the tier says so, or the request is a replay's.
  bool lossless = false;
};

Service::Service(std::shared_ptr<const profile::Profile> profile, Fleet& fleet,
                 metrics::Registry& metrics, const Clock& clock, const SipKey& id_key,
                 Recording recording)
    : profile_(std::move(profile)),
      fleet_(fleet),
      metrics_(metrics),
      clock_(clock),
      id_key_(id_key),
      tap_(recording.tap),
      feedback_(recording.feedback),
      authenticator_(*profile_),
      admission_(profile_->limits),
      unrouted_(metrics.counter(profile_->metrics_prefix + "_unrouted_requests_total",
                                "Inference requests refused before a model version was found.")),
      next_prediction_(random_seed()) {}

Result<Service::Plan> Service::plan(const Caller& caller, InferCall& call) const {
  Plan plan;
  const oip::RequestParameters& parameters = call.request.parameters;
  TEMPER_TRY(plan.served, fleet_.find(call.model, call.version));
  const ServedVersion& served = *plan.served;
  if (parameters.event_time_ns && !caller.has(profile::Role::kReplay)) {
    return fail(ErrorCode::kPermissionDenied,
                "temper_event_time_ns needs the role 'replay', which '{}' lacks", caller.name);
  }
  plan.lossless =
      served.tier.evidence == profile::Evidence::kLossless || parameters.event_time_ns.has_value();
  if (plan.lossless && !tap_.has_room()) {
    return std::unexpected(Error{.code = ErrorCode::kResourceExhausted,
                                 .message = "what was answered is still being recorded, and "
                                            "nothing of it may be lost",
                                 .retry_after_ms = 20});
  }
  TEMPER_TRY(plan.work.inputs, order_inputs(served, call.request.inputs));
  TEMPER_TRY_STATUS(choose_outputs(served, call.request, plan.output_indices, plan.binary));
  plan.work.outputs = plan.output_indices;
  plan.work.rows = served.signature().has_free_rows() && !plan.work.inputs.empty()
                       ? plan.work.inputs.front().rows()
                       : 1;
  if (plan.work.rows < 1) {
    return fail(ErrorCode::kInvalidArgument,
                "input '{}' has 0 rows (its first dimension), expected at least 1",
                served.signature().inputs.front().name);
  }
  // A caller may wait longer than its tier asks, never push ahead of it.
  plan.work.priority = static_cast<int>(std::clamp<std::int64_t>(
      parameters.priority.value_or(0), served.tier.priority, std::int64_t{1'000}));
  plan.work.arrival = call.arrival;
  plan.work.deadline = deadline_of(served, call);
  return plan;
}

void Service::infer(const Caller& caller, InferCall call, InlineRunner* runner, InferDone done) {
  if (Status entered = admission_.enter(caller.name, call.arrival); !entered) {
    unrouted_.add();
    return done(std::unexpected(std::move(entered).error()));
  }
  Result<Plan> planned = plan(caller, call);
  if (!planned) {
    unrouted_.add();
    admission_.leave();
    return done(std::unexpected(std::move(planned).error()));
  }
  std::shared_ptr<ServedVersion> served = planned->served;
  std::shared_ptr<Evidence> evidence =
      tap_.idle() ? nullptr : begin_evidence(caller, call, *planned);
  planned->work.done = [this, served, id = std::move(call.request.id),
                        prediction_id = next_prediction_id(caller), arrival = call.arrival,
                        rows = planned->work.rows, evidence = std::move(evidence),
                        lossless = planned->lossless,
                        output_indices = std::move(planned->output_indices),
                        binary = std::move(planned->binary),
                        done = std::move(done)](Result<batching::Answer> result) mutable {
    admission_.leave();
    if (!result) {
      count_failure(served.get(), result.error());
      return done(std::unexpected(std::move(result).error()));
    }
    VersionMetrics& metrics = served->metrics;
    metrics.succeeded.add();
    metrics.rows.add(static_cast<std::uint64_t>(rows));
    metrics.queued.observe(result->queued);
    metrics.computed.observe(result->computed);
    metrics.latency.observe(clock_.now() - arrival);
    served->last_inference_ms.store(
        std::chrono::duration_cast<std::chrono::milliseconds>(clock_.wall_now().time_since_epoch())
            .count(),
        std::memory_order_relaxed);
    InferAnswer answer{.served = std::move(served),
                       .id = std::move(id),
                       .prediction_id = prediction_id,
                       .outputs = std::move(result->outputs),
                       .output_indices = std::move(output_indices),
                       .binary = std::move(binary),
                       .queued = result->queued,
                       .computed = result->computed,
                       .batch_rows = result->batch_rows};
    if (evidence) offer_evidence(std::move(evidence), answer, arrival, lossless);
    done(std::move(answer));
  };
  if (runner != nullptr && served->executor->prefers_inline()) {
    served->executor->enqueue(std::move(planned->work));
    runner->run_later(served);
  } else {
    served->executor->submit(std::move(planned->work));
  }
}

std::shared_ptr<Evidence> Service::begin_evidence(const Caller& caller, const InferCall& call,
                                                  const Plan& plan) const {
  auto evidence = std::make_shared<Evidence>();
  evidence->version = plan.served->record;
  evidence->tenant = caller.tenant;
  evidence->unit_id = call.request.parameters.unit_id.value_or("");
  evidence->tier = plan.served->tier.id;
  evidence->rows = plan.work.rows;
  evidence->inputs = plan.work.inputs;
  if (const auto event_time = call.request.parameters.event_time_ns) {
    evidence->event_time = WallTime(Duration(*event_time));
  }
  return evidence;
}

void Service::offer_evidence(std::shared_ptr<Evidence> evidence, const InferAnswer& answer,
                             TimePoint arrival, bool lossless) {
  evidence->prediction_id = answer.prediction_id;
  evidence->latency = clock_.now() - arrival;
  evidence->arrival = clock_.wall_now() - evidence->latency;
  if (evidence->event_time == WallTime{}) evidence->event_time = evidence->arrival;
  evidence->outputs = answer.outputs;
  evidence->output_indices = answer.output_indices;
  tap_.offer(std::move(evidence), lossless);
}

Uuid Service::next_prediction_id(const Caller& caller) {
  // A keyed hash of a number never used before: as unguessable as the key.
  const std::uint64_t number = next_prediction_.fetch_add(1, std::memory_order_relaxed);
  Rng random(siphash(id_key_, std::as_bytes(std::span(&number, 1))));
  return make_bound_id(clock_.wall_now(), random, id_key_, caller.name);
}

void Service::feedback(const Caller& caller, std::span<const Feedback> entries,
                       FeedbackDesk::Done done) {
  if (feedback_ == nullptr) {
    return done(fail(ErrorCode::kUnimplemented,
                     "feedback is not kept: the profile says record.predictions = false"));
  }
  auto records = bound_feedback(caller, entries);
  if (!records) return done(std::unexpected(std::move(records).error()));
  feedback_->submit(std::move(*records), std::move(done));
}

Result<std::vector<stores::FeedbackRecord>> Service::bound_feedback(
    const Caller& caller, std::span<const Feedback> entries) const {
  const std::vector<std::string> callers = authenticator_.callers_of(caller.tenant);
  std::vector<stores::FeedbackRecord> records;
  records.reserve(entries.size());
  for (const Feedback& entry : entries) {
    // Whoever was answered: the one who labels mostly is another.
    const bool ours = std::ranges::any_of(callers, [&](const std::string& name) {
      return is_bound_to(entry.prediction_id, id_key_, name);
    });
    if (!ours) {
      return fail(ErrorCode::kInvalidArgument, "/{}/prediction_id: '{}' is no prediction of yours",
                  records.size(), entry.prediction_id.to_string());
    }
    records.push_back({.prediction_id = entry.prediction_id.to_string(),
                       .row = entry.row,
                       .label = entry.label,
                       .observed_at_ns = entry.observed_at.time_since_epoch().count(),
                       .source = caller.name});
  }
  return records;
}

void Service::count_failure(const ServedVersion* served, const Error& error) {
  const bool callers_fault = error.code == ErrorCode::kInvalidArgument ||
                             error.code == ErrorCode::kResourceExhausted ||
                             error.code == ErrorCode::kCancelled;
  (callers_fault ? served->metrics.refused : served->metrics.failed).add();
}

oip::ServerMetadata Service::server_metadata() const {
  return {.name = "temper",
          .version = "0.1.0",
          .extensions = {"binary_tensor_data", "model_repository", "statistics",
                         "model_configuration"}};
}

Status Service::model_ready(std::string_view model, std::string_view version) const {
  TEMPER_TRY_STATUS(fleet_.find(model, version));
  return {};
}

Result<oip::ModelMetadata> Service::model_metadata(std::string_view model,
                                                   std::string_view version) const {
  TEMPER_TRY(const std::shared_ptr<ServedVersion> served, fleet_.find(model, version));
  oip::ModelMetadata metadata{.name = served->record->model,
                              .versions = {},
                              .platform = std::string(platform_of(*served)),
                              .signature = served->signature(),
                              .properties = {}};
  for (const FleetEntry& entry : fleet_.index()) {
    if (entry.model == metadata.name && entry.ready) metadata.versions.push_back(entry.version);
  }
  const runtime::ProbeReport& probe = served->record->probe;
  metadata.properties.emplace_back(
      "temper_batched", probe.batchable && served->policy.batching.enabled ? "true" : "false");
  if (!probe.batchable) {
    metadata.properties.emplace_back("temper_unbatched_reason", probe.unbatched_reason);
  }
  return metadata;
}

Result<oip::ModelConfig> Service::model_config(std::string_view model,
                                               std::string_view version) const {
  TEMPER_TRY(const std::shared_ptr<ServedVersion> served, fleet_.find(model, version));
  const profile::Batching& batching = served->policy.batching;
  const bool batched = batching.enabled && served->record->probe.batchable;
  return oip::ModelConfig{
      .name = served->record->model,
      .platform = std::string(platform_of(*served)),
      .backend = "onnxruntime",
      .max_batch_size = batched ? batching.max_batch_rows : 0,
      .max_queue_delay_us =
          std::chrono::duration_cast<std::chrono::microseconds>(batching.max_queue_delay).count(),
      .instance_count = static_cast<std::int64_t>(served->devices.size()),
      .signature = served->signature()};
}

Result<std::vector<oip::ModelStatistics>> Service::statistics(std::string_view model,
                                                              std::string_view version) const {
  std::vector<oip::ModelStatistics> all;
  if (!model.empty()) {
    TEMPER_TRY(const std::shared_ptr<ServedVersion> served, fleet_.find(model, version));
    if (!version.empty()) return std::vector{statistics_of(*served)};
  }
  for (const std::shared_ptr<ServedVersion>& served : fleet_.loaded()) {
    if (model.empty() || served->record->model == model) all.push_back(statistics_of(*served));
  }
  return all;
}

std::vector<oip::RepositoryEntry> Service::repository_index(bool ready_only) const {
  std::vector<oip::RepositoryEntry> entries;
  for (FleetEntry& entry : fleet_.index()) {
    if (ready_only && !entry.ready) continue;
    entries.push_back({.name = std::move(entry.model),
                       .version = std::move(entry.version),
                       .state = entry.ready ? "READY" : "UNAVAILABLE",
                       .reason = std::move(entry.reason)});
  }
  return entries;
}

std::string Service::metrics_text() const {
  const std::string& prefix = profile_->metrics_prefix;
  metrics_.gauge(prefix + "_requests_in_flight", "Requests accepted and not yet answered.")
      .set(static_cast<double>(admission_.in_flight()));
  for (const std::shared_ptr<ServedVersion>& served : fleet_.loaded()) {
    const metrics::Labels labels{{"model", served->record->model},
                                 {"tier", std::to_string(served->tier.id)},
                                 {"version", served->version_text}};
    const batching::ExecutorStats stats = served->executor->stats();
    metrics_.gauge(prefix + "_queued_rows", "Rows waiting for an instance.", labels)
        .set(static_cast<double>(stats.queued_rows));
    metrics_.gauge(prefix + "_queued_requests", "Requests waiting for an instance.", labels)
        .set(static_cast<double>(stats.queued_requests));
  }
  return metrics_.render();
}

Status Service::check_surface(Surface surface) const {
  if (surface == Surface::kAdmin) return {};
  return fail(ErrorCode::kPermissionDenied,
              "models are loaded and unloaded on the admin listener ({}), not here",
              profile_->server.admin.empty() ? "switched off" : profile_->server.admin);
}

void Service::load(Surface surface, std::string model, Fleet::Done done) {
  if (Status allowed = check_surface(surface); !allowed) return done(allowed);
  fleet_.load(std::move(model), std::move(done));
}

void Service::unload(Surface surface, std::string model, Fleet::Done done) {
  if (Status allowed = check_surface(surface); !allowed) return done(allowed);
  fleet_.unload(std::move(model), std::move(done));
}

}  // namespace temper::gateway
