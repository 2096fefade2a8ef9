#include "temper/gateway/evidence/record_sink.h"

#include <algorithm>
#include <utility>

#include "temper/core/log.h"

namespace temper::gateway {
namespace {

record::RecordedTensor recorded(const Tensor& tensor, const std::string& name) {
  return {
      .name = name,
      .datatype = std::string(data_type_name(tensor.datatype)),
      .shape = tensor.shape,
      .bytes = std::string(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size())};
}

std::int64_t ns(WallTime time) { return time.time_since_epoch().count(); }

}  // namespace

record::PredictionRecord to_record(const KeptEvidence& kept) {
  const Evidence& evidence = *kept.evidence;
  const Signature& signature = evidence.version->probe.signature;
  record::PredictionRecord record{.prediction_id = evidence.prediction_id.to_string(),
                                  .model = evidence.version->model,
                                  .version = evidence.version->version,
                                  .tenant = evidence.tenant,
                                  .tier = evidence.tier,
                                  .event_time_ns = ns(evidence.event_time),
                                  .arrival_ns = ns(evidence.arrival),
                                  .unit_id = evidence.unit_id,
                                  .rows = evidence.rows,
                                  .inputs = {},
                                  .outputs = {},
                                  .served_by = "model",
                                  .latency_ns = evidence.latency.count(),
                                  .sampling_rate = kept.rate};
  for (std::size_t k = 0; k < evidence.inputs.size(); ++k) {
    record.inputs.push_back(recorded(evidence.inputs[k], signature.inputs[k].name));
  }
  for (std::size_t k = 0; k < evidence.outputs.size(); ++k) {
    record.outputs.push_back(
        recorded(evidence.outputs[k], signature.outputs[evidence.output_indices[k]].name));
  }
  return record;
}

RecordSink::RecordSink(streams::Stream& stream, std::string producer, metrics::Registry& metrics,
                       const std::string& prefix, const Clock& clock)
    : stream_(stream),
      producer_(std::move(producer)),
      recorded_(metrics.counter(prefix + "_predictions_recorded_total",
                                "Answers appended to the stream of predictions.")),
      lost_(metrics.counter(prefix + "_predictions_lost_total",
                            "Answers that could not be recorded before the program ended, or were "
                            "too large to.")),
      clock_(clock) {}

void RecordSink::end_by(TimePoint deadline) { deadline_.store(deadline); }

template <typename Attempt>
Status RecordSink::insist(Attempt attempt) const {
  constexpr Duration kFirst = std::chrono::milliseconds(10);
  constexpr Duration kLongest = std::chrono::seconds(1);
  bool told = false;
  for (Duration wait = kFirst;; wait = std::min(2 * wait, kLongest)) {
    const Status done = attempt();
    const bool passes = !done && (done.error().code == ErrorCode::kUnavailable ||
                                  done.error().code == ErrorCode::kResourceExhausted);
    if (!passes || clock_.now() + wait > deadline_.load()) return done;
    if (!told) {
      log::warning("predictions wait for their stream",
                   {{"stream", stream_.name()}, {"error", done.error().message}});
    }
    told = true;
    sleep_for(wait);
  }
}

Status RecordSink::append(const std::string& bytes) {
  // The same number for every attempt: one whose answer was lost is not stored twice.
  const streams::ProducerMark mark{.producer = producer_, .sequence = ++sequence_};
  return insist([&]() -> Status {
    TEMPER_TRY_STATUS(
        stream_.append(bytes, {.durability = streams::Durability::kBuffered, .mark = mark}));
    return {};
  });
}

void RecordSink::take(std::span<const KeptEvidence> batch) {
  for (const KeptEvidence& kept : batch) {
    const Result<std::string> bytes = record::encode(to_record(kept));
    const Status appended = bytes ? append(*bytes) : Status(std::unexpected(bytes.error()));
    if (appended) {
      recorded_.add();
      continue;
    }
    lost_.add();
    log::error("prediction not recorded",
               {{"prediction_id", kept.evidence->prediction_id.to_string()},
                {"error", appended.error().message}});
  }
  if (const Status flushed = insist([this] { return stream_.flush(); }); !flushed) {
    log::error("predictions not flushed", {{"error", flushed.error().message}});
  }
}

}  // namespace temper::gateway
