// The embedded registry: which versions of which models exist, and which of
// them the aliases name.
//
// Decides version numbers and what may be removed; knows nothing of loading or
// traffic. State is one folder: registry.db (SQLite, WAL, synchronous=FULL) and
// artifacts/<sha256>.onnx|.reference, content addressed. A file is durable
// before the row that names it is committed, so a kill at any moment leaves
// every row with its artifact; files without a row are removed by
// `collect_garbage` only. Reading order: this file, artifact_store.h (files),
// sqlite/database.h (rows), registry.cc.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/clock.h"
#include "temper/core/result.h"
#include "temper/model/runtime/probe.h"

namespace temper::registry {

inline constexpr std::string_view kChampion = "champion";

/// What the outputs mean; accuracy, calibration and experiments need it. Empty
/// = not said.
struct OutputRoles {
  /// "classification", "regression", or another word of [a-z0-9_-].
  std::string task;
  /// Output that holds the predicted class or value.
  std::string label_output;
  /// Output that holds probabilities, [rows, classes] or [rows].
  std::string probability_output;
  /// The class (as the label output prints it) whose probability is the score
  /// of a binary model.
  std::string positive_class;

  bool operator==(const OutputRoles &) const = default;
};

/// Training data kept with a version, from which its statistical summary is
/// built.
struct ReferenceData {
  std::string sha256;
  /// Where the registry keeps it.
  std::filesystem::path file;
  /// The file's name when it was added.
  std::string original_name;
  std::string label_column;

  bool operator==(const ReferenceData &) const = default;
};

struct VersionRecord {
  std::string model;
  /// 1, 2, ...; never used again, even after removal.
  int version = 0;
  std::string artifact_sha256;
  /// The ONNX file in the registry's folder; immutable.
  std::filesystem::path artifact;
  std::uint64_t artifact_bytes = 0;
  runtime::ProbeReport probe;
  /// The ONNX file's own metadata.
  std::map<std::string, std::string> metadata;
  /// JSON object: feature -> input, column, kind, categories. Empty = none.
  std::string feature_map;
  OutputRoles roles;
  std::optional<ReferenceData> reference;
  WallTime created_at;
  std::string notes;
  /// The version this one was made from; 0 = none.
  int parent_version = 0;
  /// Aliases that name this version now.
  std::vector<std::string> aliases;
};

struct ModelSummary {
  std::string name;
  /// Ascending; may be empty after removals.
  std::vector<int> versions;
  std::map<std::string, int> aliases;
};

/// Key order as documented in docs; `probe` nested as runtime::to_json gives
/// it.
[[nodiscard]] std::string to_json(const VersionRecord &record);
[[nodiscard]] std::string to_json(const ModelSummary &summary);

/// A file already copied into the registry's folder, not named by any row yet.
/// While one lives, `collect_garbage` (of any process) removes nothing. Dropped
/// unadded, the file goes away.
class StagedArtifact {
 public:
  StagedArtifact(StagedArtifact &&) noexcept;
  StagedArtifact &operator=(StagedArtifact &&) noexcept;
  StagedArtifact(const StagedArtifact &) = delete;
  StagedArtifact &operator=(const StagedArtifact &) = delete;
  ~StagedArtifact();

  /// Durable; read it (inspect, probe) but do not change it.
  [[nodiscard]] const std::filesystem::path &path() const;
  [[nodiscard]] const std::string &sha256() const;
  [[nodiscard]] std::uint64_t bytes() const;

 private:
  friend class Registry;
  friend class ArtifactStore;
  struct State;
  explicit StagedArtifact(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct NewVersion {
  std::string model;
  runtime::ProbeReport probe;
  std::map<std::string, std::string> metadata;
  /// Must be a JSON object where not empty.
  std::string feature_map;
  /// Outputs named must exist in the probe's signature.
  OutputRoles roles;
  /// Name and label column of the reference staged with it.
  std::string reference_name;
  std::string label_column;
  std::string notes;
  int parent_version = 0;
  /// Also point this alias at it. Where the model has no version yet it becomes champion as well.
  std::string alias;
};

struct OpenOptions {
  /// Makes the folder and the database where they are missing; else kNotFound.
  bool create = true;
};

struct GarbageReport {
  /// False where an add was in progress somewhere: nothing was looked at.
  bool collected = false;
  int files = 0;
  std::uint64_t bytes = 0;
};

/// Thread-safe; several processes may hold the same folder open. Errors of
/// every call: kInternal with SQLite's reason, kResourceExhausted when the disk
/// is full, kPermissionDenied when the folder may not be written, kUnavailable
/// when another process held the database too long.
class Registry {
 public:
  static Result<Registry> open(const std::filesystem::path &folder, const OpenOptions &options = {},
                               const Clock &clock = system_clock_instance());
  Registry(Registry &&) noexcept;
  Registry &operator=(Registry &&) noexcept;
  Registry(const Registry &) = delete;
  Registry &operator=(const Registry &) = delete;
  ~Registry();

  [[nodiscard]] const std::filesystem::path &folder() const;

  /// Copies `file` into the folder and makes it durable. Errors: kNotFound,
  /// kInvalidArgument (not a plain file, or empty).
  [[nodiscard]] Result<StagedArtifact> stage(const std::filesystem::path &file);

  /// Registers the next version. Errors: kInvalidArgument naming the bad field;
  /// kNotFound where the parent is missing.
  [[nodiscard]] Result<VersionRecord> add(NewVersion version, StagedArtifact artifact,
                                          std::optional<StagedArtifact> reference = std::nullopt);

  /// By name.
  [[nodiscard]] Result<std::vector<ModelSummary>> list() const;
  /// All versions, ascending. Errors: kNotFound.
  [[nodiscard]] Result<std::vector<VersionRecord>> show(std::string_view model) const;
  /// Errors: kNotFound, naming what there is.
  [[nodiscard]] Result<VersionRecord> version(std::string_view model, int number) const;
  /// What `alias` names. Errors: kNotFound, naming the aliases there are.
  [[nodiscard]] Result<VersionRecord> resolve(std::string_view model, std::string_view alias) const;
  [[nodiscard]] Result<std::map<std::string, int>> aliases(std::string_view model) const;

  /// Removes one version, or the whole model; the numbers stay used. Errors: kNotFound;
  /// kFailedPrecondition where an alias names one of them and `force` is false (forced, those
  /// aliases go too).
  [[nodiscard]] Status remove(std::string_view model, std::optional<int> version, bool force);

  /// Makes or moves an alias. Errors: kInvalidArgument for its name, kNotFound
  /// for the version.
  [[nodiscard]] Status set_alias(std::string_view model, std::string_view alias, int version);
  /// Errors: kNotFound.
  [[nodiscard]] Status remove_alias(std::string_view model, std::string_view alias);

  /// Grows with every committed change, by whichever process; a few
  /// microseconds, no lock held.
  [[nodiscard]] Result<std::uint64_t> change_counter() const;

  /// Removes files that no row names. Does nothing while any process is between
  /// `stage` and `add`.
  [[nodiscard]] Result<GarbageReport> collect_garbage();

 private:
  struct State;
  explicit Registry(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// [A-Za-z0-9][A-Za-z0-9._-]{0,127}. Errors: kInvalidArgument.
[[nodiscard]] Status check_model_name(std::string_view name);
/// [a-z][a-z0-9_-]{0,63}: never a number, so that `NAME:3` and `NAME:champion`
/// differ.
[[nodiscard]] Status check_alias_name(std::string_view name);

}  // namespace temper::registry
