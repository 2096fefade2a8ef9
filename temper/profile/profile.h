// The deployment profile: what is served where, for whom, and within which
// limits.
//
// Decides nothing; it is one immutable snapshot that everyone reads. Strict: an
// unknown key, a wrong unit or an impossible value is an error naming file,
// line and column, and all are reported at once. Reading order: this file,
// schema.h (every key once, with its range), validate.cc (rules between
// fields), toml_reader.cc, writer.cc; units.h has the spelling of durations and
// sizes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/clock.h"
#include "temper/core/result.h"
#include "temper/profile/units.h"

namespace temper::profile {

struct Tls {
  /// PEM files; a relative path in a profile is taken from the profile's
  /// folder. TLS is on when `certificate` and `key` are set; `client_ca` then
  /// demands client certificates signed by it.
  std::string certificate;
  std::string key;
  std::string client_ca;

  [[nodiscard]] bool enabled() const { return !certificate.empty() && !key.empty(); }
  bool operator==(const Tls &) const = default;
};

struct Server {
  /// HOST:PORT (port 0 = any free one); "" switches the front off. IPv6 as
  /// "[::1]:8080".
  std::string http = "127.0.0.1:8080";
  std::string grpc = "127.0.0.1:8081";
  /// Load, unload, administration: loopback HOST:PORT or "unix:/path", never
  /// another address.
  std::string admin = "127.0.0.1:8082";
  /// The same over gRPC; "" = off.
  std::string admin_grpc = "127.0.0.1:8083";
  /// Threads of the HTTP front, one I/O context each, 0..256; 0 = one per
  /// processor.
  std::int64_t io_threads = 0;
  /// Largest request body over HTTP, after decompression too. 1 KiB..4 GiB.
  std::uint64_t max_body_bytes = std::uint64_t{64} << 20;
  /// Largest gRPC message in either direction. 1 KiB..2 GiB - 1 (gRPC counts in
  /// 32 bits).
  std::uint64_t max_grpc_message_bytes = std::uint64_t{64} << 20;
  /// Largest HTTP header block. 1 KiB..1 MiB.
  std::uint64_t max_header_bytes = std::uint64_t{16} << 10;
  /// Open connections per front; the next one is refused. 1..1,000,000.
  std::int64_t max_connections = 10'000;
  /// A kept-alive connection without a request is closed after this. 1 s..1 d.
  Duration idle_timeout = std::chrono::seconds(60);
  /// From a request's first byte to its last. 100 ms..1 h.
  Duration request_read_timeout = std::chrono::seconds(30);
  /// Deadline of a request that names none; 0 = its model's, else its tier's.
  /// Up to 1 h.
  Duration default_deadline{0};
  /// How long SIGTERM waits for accepted requests before it cuts them. 0..1 h.
  Duration drain_timeout = std::chrono::seconds(30);
  Tls tls;

  bool operator==(const Server &) const = default;
};

/// What a key's holder may do. `replay` may set event times; `labeler` may send
/// feedback.
enum class Role : std::uint8_t { kInfer, kAdmin, kLabeler, kReplay };

struct ApiKey {
  /// Names the key in logs and metrics; never the key itself.
  std::string name;
  /// SHA-256 of the key, lower-case hex.
  std::string sha256;
  std::vector<Role> roles = {Role::kInfer};
  std::string tenant = "default";

  bool operator==(const ApiKey &) const = default;
};

/// Limits of each API key (of all callers together where keys are off). 0 = no
/// limit.
struct Limits {
  double requests_per_second = 0;
  /// Requests that may come at once after a quiet time; 0 = one second's worth.
  std::int64_t burst = 0;
  /// Requests accepted and not yet answered.
  std::int64_t max_in_flight_requests = 0;

  bool operator==(const Limits &) const = default;
};

/// What answers when no instance of the version can. A chain is tried in order.
enum class FallbackKind : std::uint8_t {
  /// Another, simpler model: the policy's `fallback_model`.
  kBaselineModel,
  kSmallerModel,
  /// The last known good answer to the same input.
  kCachedPrediction,
  /// Only what the tier named by `fallback_tier` gives.
  kTierOutputs,
  /// No automated decision; the item is queued for a person.
  kManualReview,
  /// An explicit error with `fallback_message`.
  kError,
  /// An explicit answer, the operator is alerted; never a substitute model.
  kAbort,
};

/// What a tier's accuracy means: share of labels predicted, or share of outputs
/// a person approved.
enum class AccuracyKind : std::uint8_t { kLabels, kApproved };
/// `required`: an answer leaves only after its record is durable.
enum class Lineage : std::uint8_t { kOff, kBestEffort, kRequired };
/// What the evidence tap does on overload: hold callers back, or thin at a
/// recorded rate.
enum class Evidence : std::uint8_t { kLossy, kLossless };
enum class Explain : std::uint8_t { kSampled, kAll };

/// A class of service. The id also goes into metrics and messages.
struct Tier {
  /// 0..9, unique.
  std::int64_t id = 0;
  /// Short, for labels and the console: [a-z0-9-], 1..64.
  std::string name = "standard";
  /// One line for people.
  std::string role;
  /// This tier's values, where not given, are those of another tier listed
  /// before it.
  std::optional<std::int64_t> inherits;
  /// Service level: 99 % of answers within this. 1 ms..1 h.
  Duration p99_latency = std::chrono::seconds(1);
  /// Deadline of a request that names none; at least `p99_latency`, up to 1 h.
  Duration deadline = std::chrono::seconds(10);
  /// Share of requests answered without error, in [0, 1).
  double availability = 0.99;
  /// Share in [0, 1]; absent = not measured.
  std::optional<double> accuracy;
  AccuracyKind accuracy_of = AccuracyKind::kLabels;
  /// 1 m..30 d.
  Duration drift_check_interval = std::chrono::hours(24);
  /// At least one entry; `abort` and `error` end a chain, and `abort` stands
  /// alone.
  std::vector<FallbackKind> fallback = {FallbackKind::kError};
  /// The tier that `tier_outputs` means.
  std::optional<std::int64_t> fallback_tier;
  std::string fallback_message = "no instance of the model can answer";
  /// Order in a full queue: 1 goes first, 9 last.
  std::int64_t priority = 5;
  Lineage lineage = Lineage::kBestEffort;
  Evidence evidence = Evidence::kLossy;
  Explain explain = Explain::kSampled;
  /// Answers advise a person; they are marked so.
  bool advisory = false;
  /// A challenger is shadowed before it may answer anyone.
  bool shadow_required = false;
  /// A person promotes.
  bool approval_required = false;
  /// Devices that must each hold an instance of the same version. 1..16.
  std::int64_t min_devices = 1;

  bool operator==(const Tier &) const = default;
};

enum class Capability : std::uint8_t { kCpu, kGpu, kNpu, kStorage };
/// In the gateway's own process, or in a child process `temper host` with
/// limits of its own.
enum class Runs : std::uint8_t { kProcess, kHost };
/// What a device is for; training and fallback never share a pool with serving.
enum class Pool : std::uint8_t { kServing, kFallback, kTraining };

/// Where models run.
struct Device {
  /// 0..103, unique.
  std::int64_t id = 0;
  std::string name = "local";
  std::vector<Capability> capabilities = {Capability::kCpu};
  Runs runs = Runs::kProcess;
  Pool pool = Pool::kServing;
  /// Memory all its models may take together; enforced by the kernel for
  /// `host`, checked at load for `process`. 0 = no limit (only for `process`),
  /// else at least 64 MiB.
  std::uint64_t memory_bytes = 0;
  /// Processors it may use, 0..1024; 0 = all.
  std::int64_t cpus = 0;
  /// Runs at once per instance, 0..256; 0 = one per processor it may use.
  std::int64_t slots = 0;

  bool operator==(const Device &) const = default;
};

struct Batching {
  bool enabled = true;
  /// Rows in a run, 1..65,536.
  std::int64_t max_batch_rows = 16;
  /// Under a deep queue the bound above grows up to this one; equal = it never
  /// grows.
  std::int64_t max_batch_rows_under_load = 64;
  /// The longest a runnable batch is held back, when no instance is idle anyway
  /// it costs nothing. 0..50 ms, a hard ceiling.
  Duration max_queue_delay = std::chrono::milliseconds(5);
  /// Rows waiting; the next request is refused with a retry hint. From the
  /// larger batch bound to 10,000,000.
  std::int64_t max_queued_rows = 4'096;

  bool operator==(const Batching &) const = default;
};

/// `threshold`: the field's usual rules. `calibrated`: declared error rates.
enum class DriftPolicy : std::uint8_t { kCalibrated, kThreshold };

struct Drift {
  /// Compare live windows with the version's reference.
  bool enabled = true;
  DriftPolicy policy = DriftPolicy::kCalibrated;
  /// Season of the data: windows are compared with the same phase of it ("7d");
  /// 0 = none. Up to 400 d.
  Duration period{0};
  /// Fewest rows on which a check decides, 100..1,000,000.
  std::int64_t min_rows = 500;

  bool operator==(const Drift &) const = default;
};

/// `auto`: in process where the registered version is safe there, else on a
/// host.
enum class Placement : std::uint8_t { kAuto, kProcess, kHost };

struct ModelPolicy {
  /// The registered model; empty in `model_defaults`.
  std::string name;
  /// Id of a listed tier.
  std::int64_t tier = 0;
  Placement placement = Placement::kAuto;
  /// Ids of the devices it may be placed on; empty = any whose pool is serving.
  std::vector<std::int64_t> devices;
  /// Devices a version is placed on, 0..16; 0 = the tier's `min_devices`.
  std::int64_t instances = 0;
  /// Threads inside one run, 1..64.
  std::int64_t intra_op_threads = 1;
  /// Deadline of a request that names none; 0 = the server's, else the tier's.
  Duration deadline{0};
  /// An idle version whose measured run is shorter runs on the I/O thread
  /// itself. 0 (never)..10 ms.
  Duration inline_below = std::chrono::microseconds(200);
  /// The model that `baseline_model` and `smaller_model` mean.
  std::string fallback_model;
  /// How long after a prediction its label may still come. 1 m..400 d.
  Duration label_horizon = std::chrono::hours(24);
  Batching batching;
  Drift drift;

  bool operator==(const ModelPolicy &) const = default;
};

/// `embedded`: a journal in the state folder. `redis`: shared by many processes.
enum class StreamBackend : std::uint8_t { kEmbedded, kRedis };

/// Where events travel: predictions, feedback, drift events.
struct Streams {
  StreamBackend backend = StreamBackend::kEmbedded;
  /// HOST:PORT of the Redis server, for `redis`.
  std::string redis = "127.0.0.1:6379";
  /// First part of every stream's name, for servers shared by several fleets; may be empty.
  std::string prefix;
  /// Entries older than this are trimmed. 1 m..400 d.
  Duration retention = std::chrono::hours(24);
  /// Appends are refused beyond this many bytes, never evicted silently. 1 MiB..64 TiB.
  std::uint64_t max_bytes = std::uint64_t{4} << 30;

  bool operator==(const Streams &) const = default;
};

/// Who moves streams into the stores: `serve` itself, or processes `temper worker`.
enum class Worker : std::uint8_t { kInside, kApart };

/// What is remembered of the traffic.
struct Record {
  /// Predictions go to the stream and from there into the store.
  bool predictions = true;
  /// Bytes of answered requests that may wait to be recorded. 1 MiB..64 GiB.
  std::uint64_t buffer_bytes = std::uint64_t{64} << 20;
  /// Stored predictions and labels older than this are removed. 1 h..4000 d.
  Duration retention = std::chrono::hours(24 * 30);
  /// The store takes nothing new beyond this many bytes. 1 MiB..64 TiB.
  std::uint64_t max_bytes = std::uint64_t{16} << 30;
  Worker worker = Worker::kInside;

  bool operator==(const Record &) const = default;
};

struct Profile {
  std::string name = "single";
  /// First word of every metric's name: [a-z][a-z0-9_]*.
  std::string metrics_prefix = "temper";
  Server server;
  std::vector<ApiKey> api_keys;
  Limits limits;
  Streams streams;
  Record record;
  /// At least one.
  std::vector<Tier> tiers;
  /// At least one.
  std::vector<Device> devices;
  /// Values of models not listed, and of keys that a listed model leaves out.
  ModelPolicy model_defaults;
  std::vector<ModelPolicy> models;

  [[nodiscard]] const Tier *find_tier(std::int64_t id) const;
  [[nodiscard]] const Device *find_device(std::int64_t id) const;
  /// The listed policy, else the defaults under this name.
  [[nodiscard]] ModelPolicy policy_for(std::string_view model) const;
  /// Deadline of a request that names none: the model's, the server's or the
  /// tier's, in this order.
  [[nodiscard]] Duration default_deadline(const ModelPolicy &policy) const;

  bool operator==(const Profile &) const = default;
};

/// One fault: what, where. `line` and `column` count from 1; 0 = no position
/// (the whole file).
struct Problem {
  /// "models[2].batching.max_queue_delay".
  std::string key;
  std::string message;
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  bool operator==(const Problem &) const = default;
};

/// "profiles/x.toml:12:5: unknown key 'max_queue_dealy' in
/// [model_defaults.batching]; ...".
[[nodiscard]] std::string problem_text(const Problem &problem, std::string_view origin);

struct ParsedProfile {
  Profile profile;
  /// Empty = `profile` may be used.
  std::vector<Problem> problems;
};

/// Parses and validates; reports every problem. `origin` is the path that
/// relative paths are taken from. Never throws, whatever the text is; texts
/// over 4 MiB are refused.
[[nodiscard]] ParsedProfile parse_profile(std::string_view text,
                                          const std::filesystem::path &origin);

/// Reads, parses and validates. Errors: kNotFound and kInternal for the file;
/// kInvalidArgument with one line per problem.
[[nodiscard]] Result<Profile> load_profile(const std::filesystem::path &path);

/// What `temper serve` runs on without a profile; equals profiles/single.toml.
[[nodiscard]] Profile built_in_profile();

/// The rules that one field or several must keep; no positions. `parse_profile`
/// calls it.
[[nodiscard]] std::vector<Problem> validate(const Profile &profile);

/// Refuses any listener that others could reach unless API keys and TLS are on,
/// and an admin listener that is neither loopback nor a Unix socket. Also for
/// addresses that flags overrode. Errors: kFailedPrecondition with the address
/// and what is missing.
[[nodiscard]] Status check_exposure(const Profile &profile);

struct ListenAddress {
  /// Without brackets; empty for a Unix socket.
  std::string host;
  std::uint16_t port = 0;
  std::string unix_path;

  bool operator==(const ListenAddress &) const = default;
};
/// "127.0.0.1:8080", "[::1]:8080", "localhost:0", "unix:/run/temper.sock".
[[nodiscard]] Result<ListenAddress> parse_listen_address(std::string_view text);
/// A Unix socket, localhost, 127.0.0.0/8 or ::1.
[[nodiscard]] bool is_loopback(const ListenAddress &address);

/// The effective view: every key with its value. Parses back to an equal
/// profile.
[[nodiscard]] std::string to_toml(const Profile &profile);
[[nodiscard]] std::string to_json(const Profile &profile);

}  // namespace temper::profile
