// A prediction log's way into streams, store and drift detection, as a gateway's answers go.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "temper/cli/prediction_log.h"
#include "temper/cli/recording.h"
#include "temper/core/rng.h"

namespace temper::cli {

/// The version number of a model that Temper does not serve.
inline constexpr int kNotServed = 0;

struct IngestReport {
  std::uint64_t rows = 0;
  std::uint64_t labels = 0;
  /// Windows of features and of predictions that were checked; those of this run only, as all here.
  std::uint64_t checks = 0;
  std::uint64_t findings = 0;
};

/// The sinks of a gateway without its lanes: nothing waits to be answered, so each row is taken at
/// the pace of the disk and none is left out. `open`, `take`, `finish`, on one thread.
class LogIngest {
 public:
  LogIngest(const std::string& model, const Signature& signature,
            std::shared_ptr<const profile::Profile> profile, std::filesystem::path folder);

  /// Errors: kUnavailable where a server owns the folder's journal.
  [[nodiscard]] Status open();

  /// Errors: kResourceExhausted where a stream stays full; what was taken before stays.
  [[nodiscard]] Status take(const PredictionLog& log);

  /// Ends the watch, keeping its open windows for the next log, and waits for the store. Errors:
  /// kUnavailable where the store does not get on.
  [[nodiscard]] Result<IngestReport> finish();

 private:
  [[nodiscard]] Result<std::vector<gateway::KeptEvidence>> evidence(const PredictionLog& log,
                                                                    std::size_t first,
                                                                    std::size_t end);
  [[nodiscard]] Status record(const std::vector<gateway::KeptEvidence>& rows);
  [[nodiscard]] Status record_labels(const PredictionLog& log, std::size_t first,
                                     const std::vector<gateway::KeptEvidence>& rows);
  void watch(const PredictionLog& log, std::size_t first,
             std::span<const gateway::KeptEvidence> rows);
  [[nodiscard]] Result<std::optional<stores::DriftEventRecord>> last_event();
  [[nodiscard]] Result<bool> is_stored(const std::optional<stores::DriftEventRecord>& event);
  [[nodiscard]] Status wait_until_stored();

  const Clock& clock_ = system_clock_instance();
  const std::shared_ptr<const profile::Profile> profile_;
  const std::filesystem::path folder_;
  const std::int64_t tier_;
  const WallTime start_;
  Rng rng_{random_seed()};
  std::shared_ptr<const registry::VersionRecord> version_;
  metrics::Registry metrics_;
  std::unique_ptr<streams::StreamStore> streams_;
  streams::Stream* predictions_ = nullptr;
  streams::Stream* labels_ = nullptr;
  streams::Stream* events_ = nullptr;
  std::unique_ptr<WorkerRole> worker_;
  std::unique_ptr<gateway::RecordSink> record_;
  std::unique_ptr<gateway::DriftSink> drift_;
  IngestReport report_;
  std::string last_prediction_;
  std::string last_labelled_;
};

}  // namespace temper::cli
