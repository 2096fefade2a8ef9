#include "temper/model/registry/registry.h"

#include <algorithm>
#include <mutex>
#include <system_error>

#include "temper/core/file.h"
#include "temper/model/registry/artifact_store.h"
#include "temper/model/registry/json.h"
#include "temper/model/registry/rows.h"
#include "temper/model/registry/sqlite/schema.h"

namespace temper::registry {
namespace {

// Far longer than any write here takes, short enough for a person to wait.
constexpr Duration kPatience = std::chrono::seconds(10);

std::string list_text(const std::vector<int>& numbers) {
  return numbers.empty() ? "none" : fmt::format("{}", fmt::join(numbers, ", "));
}

std::string list_text(const std::map<std::string, int>& aliases) {
  std::string text;
  for (const auto& [alias, number] : aliases) {
    text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", alias, number);
  }
  return text.empty() ? "none" : text;
}

Status check_output(const Signature& signature, const std::string& output, std::string_view role) {
  if (output.empty() || signature.output_index(output)) return {};
  std::vector<std::string> names;
  names.reserve(signature.outputs.size());
  for (const TensorSpec& spec : signature.outputs) names.push_back(spec.name);
  return fail(ErrorCode::kInvalidArgument, "{} '{}' is no output of the model; it has {}", role,
              output.substr(0, 128), fmt::join(names, ", "));
}

Status check_new_version(const NewVersion& version) {
  TEMPER_TRY_STATUS(check_model_name(version.model));
  if (!version.alias.empty()) TEMPER_TRY_STATUS(check_alias_name(version.alias));
  if (!version.feature_map.empty()) {
    TEMPER_TRY_STATUS(check_json_object(version.feature_map, "the feature map"));
  }
  const std::string& task = version.roles.task;
  const bool task_fits =
      task.size() <= 64 && std::ranges::all_of(task, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
      });
  if (!task_fits) {
    return fail(ErrorCode::kInvalidArgument,
                "a task is up to 64 of a-z, 0-9, _ and -; found \"{}\"", task.substr(0, 64));
  }
  const Signature& signature = version.probe.signature;
  TEMPER_TRY_STATUS(check_output(signature, version.roles.label_output, "label output"));
  return check_output(signature, version.roles.probability_output, "probability output");
}

Result<std::filesystem::path> prepare_folder(const std::filesystem::path& folder, bool create) {
  std::error_code error;
  std::filesystem::path absolute = std::filesystem::absolute(folder, error);
  if (error || folder.empty()) {
    return fail(ErrorCode::kInvalidArgument, "'{}' is no path", folder.string());
  }
  if (!create && !std::filesystem::exists(absolute / "registry.db", error)) {
    return fail(ErrorCode::kNotFound, "there is no registry in '{}'", absolute.string());
  }
  const bool is_new = std::filesystem::create_directories(absolute, error);
  if (!error && is_new) TEMPER_TRY_STATUS(sync_folder(absolute.parent_path()));
  if (error) {
    const bool denied = error == std::errc::permission_denied ||
                        error == std::errc::operation_not_permitted ||
                        error == std::errc::read_only_file_system;
    return fail(denied ? ErrorCode::kPermissionDenied : ErrorCode::kInternal,
                "cannot create the folder '{}': {}", absolute.string(), error.message());
  }
  return absolute;
}

}  // namespace

struct Registry::State {
  State(std::filesystem::path data_folder, ArtifactStore artifacts, Connection opened,
        const Clock& time)
      : folder(std::move(data_folder)),
        store(std::move(artifacts)),
        clock(time),
        connection(std::move(opened)) {}

  const std::filesystem::path folder;
  const ArtifactStore store;
  const Clock& clock;
  // Held across statements, which may wait for the disk or for another process: one connection is
  // one transaction, and nothing on the path of a request takes this lock.
  std::mutex mutex;
  // guarded by mutex
  Connection connection;

  [[nodiscard]] std::unexpected<Error> no_model(std::string_view model) {
    const auto summaries = select_summaries(connection);
    std::vector<std::string> names;
    for (const ModelSummary& summary : summaries.value_or(std::vector<ModelSummary>{})) {
      names.push_back(summary.name);
    }
    constexpr std::size_t kMostNames = 20;
    const bool cut = names.size() > kMostNames;
    if (cut) names.resize(kMostNames);
    return fail(ErrorCode::kNotFound, "model '{}' is not registered; registered: {}{}", model,
                names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")),
                cut ? ", ..." : "");
  }

  Result<VersionRecord> find_version(std::string_view model, int number) {
    TEMPER_TRY(std::vector<VersionRecord> found, select_versions(connection, store, model, number));
    if (!found.empty()) return std::move(found.front());
    TEMPER_TRY(const std::vector<int> numbers, select_numbers(connection, model));
    if (numbers.empty()) return no_model(model);
    return fail(ErrorCode::kNotFound, "model '{}' has no version {}; it has {}", model, number,
                list_text(numbers));
  }

  /// Gives `record` the next number. Within a transaction.
  Status insert(VersionRecord& record, std::string_view alias) {
    TEMPER_TRY(const std::vector<int> numbers, select_numbers(connection, record.model));
    if (record.parent_version != 0 &&
        std::ranges::find(numbers, record.parent_version) == numbers.end()) {
      return fail(ErrorCode::kNotFound, "parent: model '{}' has no version {}; it has {}",
                  record.model, record.parent_version, list_text(numbers));
    }
    TEMPER_TRY(record.version, take_next_number(connection, record.model));
    TEMPER_TRY_STATUS(insert_version(connection, record));
    if (numbers.empty()) {
      TEMPER_TRY_STATUS(upsert_alias(connection, record.model, kChampion, record.version));
    }
    if (alias.empty()) return {};
    return upsert_alias(connection, record.model, alias, record.version);
  }

  /// One transaction that also moves the change counter.
  template <typename Body>
  Status change(const Body& body) {
    return connection.write([&]() -> Status {
      TEMPER_TRY_STATUS(body());
      return count_change(connection);
    });
  }
};

Registry::Registry(std::unique_ptr<State> state) : state_(std::move(state)) {}
Registry::Registry(Registry&&) noexcept = default;
Registry& Registry::operator=(Registry&&) noexcept = default;
Registry::~Registry() = default;

Result<Registry> Registry::open(const std::filesystem::path& folder, const OpenOptions& options,
                                const Clock& clock) {
  TEMPER_TRY(std::filesystem::path absolute, prepare_folder(folder, options.create));
  TEMPER_TRY(ArtifactStore store, ArtifactStore::open(absolute / "artifacts"));
  // Switching a new file to WAL does not wait for others as a statement does, so the first opening
  // and a migration are done one process at a time.
  TEMPER_TRY(const Descriptor lock, lock_file(absolute / "registry.lock", LockMode::kExclusive));
  TEMPER_TRY(Connection connection, Connection::open(absolute / "registry.db", kPatience));
  TEMPER_TRY_STATUS(migrate(connection, clock.wall_now()));
  return Registry(
      std::make_unique<State>(std::move(absolute), std::move(store), std::move(connection), clock));
}

const std::filesystem::path& Registry::folder() const { return state_->folder; }

Result<StagedArtifact> Registry::stage(const std::filesystem::path& file) {
  return state_->store.stage(file);
}

Result<VersionRecord> Registry::add(NewVersion version, StagedArtifact artifact,
                                    std::optional<StagedArtifact> reference) {
  TEMPER_TRY_STATUS(check_new_version(version));
  const ArtifactStore& store = state_->store;
  // Files first: a row never names a file that a crash could take away.
  TEMPER_TRY_STATUS(store.publish(artifact, ArtifactStore::kModelSuffix));
  VersionRecord record;
  record.model = std::move(version.model);
  record.artifact_sha256 = artifact.sha256();
  record.artifact = store.path_of(artifact.sha256(), ArtifactStore::kModelSuffix);
  record.artifact_bytes = artifact.bytes();
  record.probe = std::move(version.probe);
  record.metadata = std::move(version.metadata);
  record.feature_map = std::move(version.feature_map);
  record.roles = std::move(version.roles);
  record.created_at = state_->clock.wall_now();
  record.notes = std::move(version.notes);
  record.parent_version = version.parent_version;
  if (reference) {
    TEMPER_TRY_STATUS(store.publish(*reference, ArtifactStore::kReferenceSuffix));
    record.reference =
        ReferenceData{.sha256 = reference->sha256(),
                      .file = store.path_of(reference->sha256(), ArtifactStore::kReferenceSuffix),
                      .original_name = std::move(version.reference_name),
                      .label_column = std::move(version.label_column)};
  }
  const std::scoped_lock lock(state_->mutex);
  const auto insert = [&] { return state_->insert(record, version.alias); };
  TEMPER_TRY_STATUS(state_->change(insert));
  return state_->find_version(record.model, record.version);
}

Result<std::vector<ModelSummary>> Registry::list() const {
  const std::scoped_lock lock(state_->mutex);
  return select_summaries(state_->connection);
}

Result<std::vector<VersionRecord>> Registry::show(std::string_view model) const {
  const std::scoped_lock lock(state_->mutex);
  TEMPER_TRY(std::vector<VersionRecord> records,
             select_versions(state_->connection, state_->store, model, std::nullopt));
  if (records.empty()) return state_->no_model(model);
  return records;
}

Result<VersionRecord> Registry::version(std::string_view model, int number) const {
  const std::scoped_lock lock(state_->mutex);
  return state_->find_version(model, number);
}

Result<VersionRecord> Registry::resolve(std::string_view model, std::string_view alias) const {
  const std::scoped_lock lock(state_->mutex);
  TEMPER_TRY(const auto named, select_aliases(state_->connection, model));
  if (const auto found = named.find(std::string(alias)); found != named.end()) {
    return state_->find_version(model, found->second);
  }
  TEMPER_TRY(const std::vector<int> numbers, select_numbers(state_->connection, model));
  if (numbers.empty()) return state_->no_model(model);
  return fail(ErrorCode::kNotFound, "model '{}' has no alias '{}'; it has {}", model, alias,
              list_text(named));
}

Result<std::map<std::string, int>> Registry::aliases(std::string_view model) const {
  const std::scoped_lock lock(state_->mutex);
  TEMPER_TRY(const std::vector<int> numbers, select_numbers(state_->connection, model));
  if (numbers.empty()) return state_->no_model(model);
  return select_aliases(state_->connection, model);
}

Status Registry::remove(std::string_view model, std::optional<int> version, bool force) {
  const std::scoped_lock lock(state_->mutex);
  Connection& connection = state_->connection;
  return state_->change([&]() -> Status {
    TEMPER_TRY(std::vector<int> numbers, select_numbers(connection, model));
    if (numbers.empty()) return state_->no_model(model);
    if (version) {
      if (std::ranges::find(numbers, *version) == numbers.end()) {
        return fail(ErrorCode::kNotFound, "model '{}' has no version {}; it has {}", model,
                    *version, list_text(numbers));
      }
      numbers = {*version};
    }
    TEMPER_TRY(auto naming, select_aliases(connection, model));
    std::erase_if(naming, [&](const auto& alias) {
      return std::ranges::find(numbers, alias.second) == numbers.end();
    });
    if (!naming.empty() && !force) {
      return fail(ErrorCode::kFailedPrecondition,
                  "aliases of '{}' name what would go: {}; point them at other versions, or force "
                  "the removal of both",
                  model, list_text(naming));
    }
    for (const auto& [alias, number] : naming) {
      TEMPER_TRY_STATUS(delete_alias(connection, model, alias));
    }
    for (const int number : numbers) {
      TEMPER_TRY_STATUS(delete_version(connection, model, number));
    }
    return {};
  });
}

Status Registry::set_alias(std::string_view model, std::string_view alias, int version) {
  TEMPER_TRY_STATUS(check_alias_name(alias));
  const std::scoped_lock lock(state_->mutex);
  return state_->change([&]() -> Status {
    TEMPER_TRY([[maybe_unused]] const VersionRecord record, state_->find_version(model, version));
    return upsert_alias(state_->connection, model, alias, version);
  });
}

Status Registry::remove_alias(std::string_view model, std::string_view alias) {
  const std::scoped_lock lock(state_->mutex);
  return state_->change([&]() -> Status {
    TEMPER_TRY(const auto aliases, select_aliases(state_->connection, model));
    if (!aliases.contains(std::string(alias))) {
      return fail(ErrorCode::kNotFound, "model '{}' has no alias '{}'; it has {}", model, alias,
                  list_text(aliases));
    }
    return delete_alias(state_->connection, model, alias);
  });
}

Result<std::uint64_t> Registry::change_counter() const {
  const std::scoped_lock lock(state_->mutex);
  TEMPER_TRY(const std::int64_t counter,
             state_->connection.query_integer("SELECT counter FROM change"));
  return static_cast<std::uint64_t>(counter);
}

Result<GarbageReport> Registry::collect_garbage() {
  const std::scoped_lock lock(state_->mutex);
  return state_->store.collect([&] { return select_files(state_->connection); });
}

}  // namespace temper::registry
