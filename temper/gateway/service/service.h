// The life of a request behind every protocol front: authentication, limits, deadline, model,
// queue, answer. Fronts only turn bytes into an InferCall and an InferAnswer into bytes.
//
// Reading order: authentication.h, admission.h, context.h, this file.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/clock.h"
#include "temper/core/ids.h"
#include "temper/core/metrics.h"
#include "temper/core/result.h"
#include "temper/gateway/evidence/evidence_tap.h"
#include "temper/gateway/feedback/feedback_desk.h"
#include "temper/gateway/feedback/feedback_json.h"
#include "temper/gateway/fleet/fleet.h"
#include "temper/gateway/oip/infer.h"
#include "temper/gateway/oip/metadata.h"
#include "temper/gateway/service/admission.h"
#include "temper/gateway/service/authentication.h"

namespace temper::gateway {

struct InferCall {
  std::string model;
  /// A number, an alias, or empty for the champion.
  std::string version;
  oip::DecodedInferRequest request;
  /// When its last byte was read.
  TimePoint arrival;
  /// Time left by the transport's own deadline (gRPC).
  std::optional<Duration> transport_timeout;
};

struct InferAnswer {
  std::shared_ptr<ServedVersion> served;
  /// The caller's own id, echoed.
  std::string id;
  /// Row k of the answer is prediction "ID/k".
  Uuid prediction_id;
  /// In the order asked for; `output_indices` says which of the signature's outputs each is.
  std::vector<Tensor> outputs;
  std::vector<std::size_t> output_indices;
  /// Parallel to `outputs`: as raw bytes behind the JSON.
  std::vector<bool> binary;
  Duration queued{0};
  Duration computed{0};
  std::int64_t batch_rows = 0;
};

/// What a view of an answer points into; keep it while the view is used.
struct AnswerStorage {
  std::string prediction_id;
  std::vector<oip::ParameterView> parameters;
  std::vector<oip::OutputView> outputs;
};
[[nodiscard]] oip::InferResponseView view_of(const InferAnswer& answer, AnswerStorage& storage);

using InferDone = std::move_only_function<void(Result<InferAnswer>)>;

/// A front's I/O thread that runs short models itself. After a call to `run_later` it must call
/// `served->executor->run_pending()` once, after it has taken in what else is readable: requests
/// that came together then share a batch, and no timer is needed.
class InlineRunner {
 public:
  virtual ~InlineRunner() = default;
  virtual void run_later(const std::shared_ptr<ServedVersion>& served) = 0;
};

/// Where traffic and what became of it is remembered.
struct Recording {
  EvidenceTap& tap;
  /// None: feedback is refused.
  FeedbackDesk* feedback = nullptr;
};

class Service {
 public:
  Service(std::shared_ptr<const profile::Profile> profile, Fleet& fleet, metrics::Registry& metrics,
          const Clock& clock, const SipKey& id_key, Recording recording);

  [[nodiscard]] Result<const Caller*> authenticate(const Peer& peer,
                                                   std::optional<profile::Role> needed) const {
    return authenticator_.authenticate(peer, needed);
  }

  /// Answers through `done`, once, on any thread (often before this returns when inline).
  void infer(const Caller& caller, InferCall call, InlineRunner* runner, InferDone done);

  /// Puts what predictions turned out to be on stream FEEDBACK; `done` is called once, on any
  /// thread, when that is durable. Errors: kUnimplemented where nothing is recorded;
  /// kInvalidArgument for an id that is not of the caller's tenant; those of FeedbackDesk.
  void feedback(const Caller& caller, std::span<const Feedback> entries, FeedbackDesk::Done done);

  [[nodiscard]] bool ready() const { return fleet_.ready() && !admission_.draining(); }
  [[nodiscard]] oip::ServerMetadata server_metadata() const;
  /// Errors as Fleet::find.
  [[nodiscard]] Status model_ready(std::string_view model, std::string_view version) const;
  [[nodiscard]] Result<oip::ModelMetadata> model_metadata(std::string_view model,
                                                          std::string_view version) const;
  [[nodiscard]] Result<oip::ModelConfig> model_config(std::string_view model,
                                                      std::string_view version) const;
  /// Empty `model` = all of them.
  [[nodiscard]] Result<std::vector<oip::ModelStatistics>> statistics(
      std::string_view model, std::string_view version) const;
  [[nodiscard]] std::vector<oip::RepositoryEntry> repository_index(bool ready_only) const;
  /// Only on Surface::kAdmin. Errors: kPermissionDenied elsewhere, naming the admin listener.
  void load(Surface surface, std::string model, Fleet::Done done);
  void unload(Surface surface, std::string model, Fleet::Done done);

  /// Prometheus text; levels (in flight, queued) are read at this moment.
  [[nodiscard]] std::string metrics_text() const;
  [[nodiscard]] const profile::Profile& profile() const { return *profile_; }
  [[nodiscard]] const Clock& clock() const { return clock_; }
  [[nodiscard]] Admission& admission() { return admission_; }

 private:
  struct Plan;
  [[nodiscard]] Result<Plan> plan(const Caller& caller, InferCall& call) const;
  [[nodiscard]] Result<std::vector<stores::FeedbackRecord>> bound_feedback(
      const Caller& caller, std::span<const Feedback> entries) const;
  [[nodiscard]] Status check_surface(Surface surface) const;
  [[nodiscard]] Uuid next_prediction_id(const Caller& caller);
  [[nodiscard]] std::shared_ptr<Evidence> begin_evidence(const Caller& caller,
                                                         const InferCall& call,
                                                         const Plan& plan) const;
  void offer_evidence(std::shared_ptr<Evidence> evidence, const InferAnswer& answer,
                      TimePoint arrival, bool lossless);
  void count_failure(const ServedVersion* served, const Error& error);

  const std::shared_ptr<const profile::Profile> profile_;
  Fleet& fleet_;
  metrics::Registry& metrics_;
  const Clock& clock_;
  const SipKey id_key_;
  EvidenceTap& tap_;
  FeedbackDesk* const feedback_;
  const Authenticator authenticator_;
  Admission admission_;
  metrics::Counter& unrouted_;
  // Atomic: every thread draws prediction numbers from it.
  std::atomic<std::uint64_t> next_prediction_;
};

}  // namespace temper::gateway
