// Wiring of streams, stores and those who fill them; the only file that names their adapters.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "temper/core/clock.h"
#include "temper/core/metrics.h"
#include "temper/core/result.h"
#include "temper/gateway/drift/drift_sink.h"
#include "temper/gateway/drift/label_join.h"
#include "temper/gateway/evidence/evidence_tap.h"
#include "temper/gateway/evidence/record_sink.h"
#include "temper/gateway/feedback/feedback_desk.h"
#include "temper/profile/profile.h"
#include "temper/record/stores/stores.h"
#include "temper/record/streams/streams.h"
#include "temper/record/worker/store_worker.h"

namespace temper::cli {

/// The streams that the profile names: the journal under `folder`, or Redis. Errors: kUnavailable
/// where another process owns the journal, or the server does not answer.
[[nodiscard]] Result<std::unique_ptr<streams::StreamStore>> open_streams(
    const profile::Profile& profile, const std::filesystem::path& folder, const Clock& clock);

/// The store under `folder`.
[[nodiscard]] Result<std::unique_ptr<stores::PredictionStore>> open_store(
    const profile::Profile& profile, const std::filesystem::path& folder);

/// Who fills the stores, and judges answers by their labels: inside `serve`, or in `temper worker`.
class WorkerRole {
 public:
  /// `drift` may be null: labels are then joined and counted only.
  static Result<std::unique_ptr<WorkerRole>> start(const profile::Profile& profile,
                                                   const std::filesystem::path& folder,
                                                   streams::StreamStore& streams,
                                                   gateway::DriftSink* drift,
                                                   metrics::Registry& metrics, const Clock& clock);

  [[nodiscard]] std::uint64_t handled() const { return worker_->handled(); }
  [[nodiscard]] stores::PredictionStore& store() { return *store_; }

 private:
  WorkerRole() = default;
  std::unique_ptr<stores::PredictionStore> store_;
  std::unique_ptr<gateway::LabelJoin> join_;
  std::unique_ptr<record::StoreWorker> worker_;
};

/// Everything behind the tap of one gateway.
class GatewayRecording {
 public:
  static Result<std::unique_ptr<GatewayRecording>> start(
      const std::shared_ptr<const profile::Profile>& profile, const std::filesystem::path& folder,
      metrics::Registry& metrics, const Clock& clock);
  ~GatewayRecording();
  GatewayRecording(const GatewayRecording&) = delete;
  GatewayRecording& operator=(const GatewayRecording&) = delete;

  [[nodiscard]] gateway::EvidenceTap& tap() { return tap_; }
  [[nodiscard]] gateway::FeedbackDesk* feedback() { return desk_.get(); }

  /// Takes in what was answered, waiting no longer than `deadline` for a stream that does not take
  /// it. After the last answer.
  void close(TimePoint deadline);

 private:
  GatewayRecording() = default;
  Status start_lanes(const std::shared_ptr<const profile::Profile>& profile,
                     const std::filesystem::path& folder, metrics::Registry& metrics,
                     const Clock& clock);

  std::unique_ptr<streams::StreamStore> streams_;
  std::unique_ptr<gateway::DriftSink> drift_;
  std::unique_ptr<gateway::RecordSink> record_;
  std::unique_ptr<gateway::FeedbackDesk> desk_;
  std::unique_ptr<WorkerRole> worker_;
  gateway::EvidenceTap tap_;
};

}  // namespace temper::cli
