#include "temper/record/streams/journal/segment.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <system_error>

#include "temper/core/file.h"
#include "temper/record/crc32c.h"

namespace temper::streams {
namespace {

using record::Access;
using record::Connection;
using record::Statement;

constexpr std::string_view kSuffix = ".segment";
constexpr std::size_t kDigits = 20;
constexpr int kFormatVersion = 1;
constexpr int kSnapshotRow = 1;
constexpr int kChangesRow = 2;
constexpr auto kPatience = std::chrono::seconds(5);

// Large pages, since a block fills several; no automatic checkpoint, since a segment is moved into
// its main file once, when it is sealed.
constexpr const char* kSettings = "PRAGMA page_size=16384; PRAGMA wal_autocheckpoint=0;";
constexpr const char* kSchema =
    "CREATE TABLE block(n INTEGER PRIMARY KEY, first_ms INTEGER, first_seq INTEGER,"
    " last_ms INTEGER, last_seq INTEGER, entries INTEGER, record_bytes INTEGER, crc INTEGER,"
    " bytes BLOB);"
    "CREATE TABLE state(n INTEGER PRIMARY KEY, kind INTEGER, crc INTEGER, bytes BLOB);"
    "PRAGMA user_version=1;";

std::int64_t to_column(std::uint64_t value) { return static_cast<std::int64_t>(value); }
std::uint64_t from_column(std::int64_t value) { return static_cast<std::uint64_t>(value); }

std::optional<std::uint64_t> number_of(std::string_view file_name) {
  if (file_name.size() != kDigits + kSuffix.size() || !file_name.ends_with(kSuffix)) {
    return std::nullopt;
  }
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(file_name.data(), file_name.data() + kDigits, number);
  if (error != std::errc() || end != file_name.data() + kDigits) return std::nullopt;
  return number;
}

Result<std::vector<std::string>> file_names(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    names.push_back(at->path().filename().string());
  }
  if (error) {
    return fail(ErrorCode::kInternal, "cannot list '{}': {}", folder.string(), error.message());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Status remove_file(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::remove(path, error);
  if (error) {
    return fail(ErrorCode::kInternal, "cannot remove '{}': {}", path.string(), error.message());
  }
  return {};
}

}  // namespace

void SegmentSummary::add(const Block& block) {
  if (empty()) first = block.first();
  last = block.last();
  entries += block.items().size();
  record_bytes += block.record_bytes();
}

std::string segment_file_name(std::uint64_t number) {
  return fmt::format("{:0{}}{}", number, kDigits, kSuffix);
}

Result<std::vector<std::uint64_t>> list_segments(const std::filesystem::path& folder) {
  TEMPER_TRY(const std::vector<std::string> names, file_names(folder));
  std::vector<std::uint64_t> numbers;
  for (const std::string& name : names) {
    if (const auto number = number_of(name)) numbers.push_back(*number);
  }
  return numbers;
}

Status remove_segment(const std::filesystem::path& folder, std::uint64_t number) {
  // The main file first: the others without it are orphans, it without them would be half a
  // segment.
  const std::string name = segment_file_name(number);
  TEMPER_TRY_STATUS(remove_file(folder / name));
  TEMPER_TRY_STATUS(sync_folder(folder));
  TEMPER_TRY_STATUS(remove_file(folder / (name + "-wal")));
  return remove_file(folder / (name + "-shm"));
}

Status remove_orphans(const std::filesystem::path& folder) {
  TEMPER_TRY(const std::vector<std::string> names, file_names(folder));
  const std::set<std::string> all(names.begin(), names.end());
  for (const std::string& name : names) {
    if (!name.ends_with("-wal") && !name.ends_with("-shm")) continue;
    if (all.contains(name.substr(0, name.size() - 4))) continue;
    TEMPER_TRY_STATUS(remove_file(folder / name));
  }
  return {};
}

Status SegmentWriter::prepare() {
  TEMPER_TRY(block_row_,
             connection_.prepare("INSERT INTO block(first_ms, first_seq, last_ms, last_seq,"
                                 " entries, record_bytes, crc, bytes) VALUES(?,?,?,?,?,?,?,?)"));
  TEMPER_TRY(state_row_, connection_.prepare("INSERT INTO state(kind, crc, bytes) VALUES(?,?,?)"));
  return {};
}

Status SegmentWriter::insert_state(int kind, const std::string& bytes) {
  return state_row_->bind(1, std::int64_t{kind})
      .bind(2, std::int64_t{record::crc32c(bytes)})
      .bind_blob(3, bytes)
      .run();
}

Status SegmentWriter::insert_block(const Block& block) {
  return block_row_->bind(1, to_column(block.first().time_ms))
      .bind(2, to_column(block.first().sequence))
      .bind(3, to_column(block.last().time_ms))
      .bind(4, to_column(block.last().sequence))
      .bind(5, to_column(block.items().size()))
      .bind(6, to_column(block.record_bytes()))
      .bind(7, std::int64_t{record::crc32c(block.bytes())})
      .bind_blob(8, block.bytes())
      .run();
}

Result<SegmentWriter> SegmentWriter::create(const std::filesystem::path& folder,
                                            std::uint64_t number, const StreamState& state) {
  TEMPER_TRY_STATUS(remove_segment(folder, number));
  TEMPER_TRY(Connection connection,
             Connection::open(folder / segment_file_name(number), Access::kReadWrite, kPatience));
  // The page size must be set before WAL mode fixes it, and `open` has set that mode already.
  TEMPER_TRY_STATUS(connection.execute(
      "PRAGMA journal_mode=DELETE; PRAGMA page_size=16384; VACUUM; PRAGMA journal_mode=WAL;"));
  TEMPER_TRY_STATUS(connection.execute(kSettings));
  SegmentWriter writer(std::move(connection));
  const Status made = writer.connection_.write([&]() -> Status {
    TEMPER_TRY_STATUS(writer.connection_.execute(kSchema));
    TEMPER_TRY_STATUS(writer.prepare());
    return writer.insert_state(kSnapshotRow, encode_state(state));
  });
  if (!made) {
    [[maybe_unused]] const Status removed = remove_segment(folder, number);
    return std::unexpected(made.error());
  }
  TEMPER_TRY_STATUS(sync_folder(folder));
  return writer;
}

Result<std::optional<SegmentWriter>> SegmentWriter::open(const std::filesystem::path& folder,
                                                         std::uint64_t number) {
  const std::filesystem::path file = folder / segment_file_name(number);
  TEMPER_TRY(Connection connection, Connection::open(file, Access::kReadWrite, kPatience));
  TEMPER_TRY(const std::int64_t version, connection.query_integer("PRAGMA user_version"));
  if (version == 0) return std::nullopt;
  if (version != kFormatVersion) {
    return fail(ErrorCode::kFailedPrecondition, "'{}' has format {}, this program knows {}",
                file.string(), version, kFormatVersion);
  }
  TEMPER_TRY_STATUS(connection.execute(kSettings));
  SegmentWriter writer(std::move(connection));
  TEMPER_TRY_STATUS(writer.prepare());
  TEMPER_TRY(const std::int64_t rows,
             writer.connection_.query_integer("SELECT count(*) FROM state"));
  writer.change_rows_ = from_column(rows);
  return writer;
}

Status SegmentWriter::commit(std::span<const std::shared_ptr<const Block>> blocks,
                             const StreamChanges& changes, const StreamState* snapshot,
                             bool synced) {
  TEMPER_TRY_STATUS(connection_.set_synced(synced));
  const Status written = connection_.write([&]() -> Status {
    for (const std::shared_ptr<const Block>& block : blocks) {
      if (Status inserted = insert_block(*block); !inserted) return inserted;
    }
    if (snapshot != nullptr) {
      Status replaced = connection_.execute("DELETE FROM state");
      if (replaced) replaced = insert_state(kSnapshotRow, encode_state(*snapshot));
      if (!replaced) return replaced;
    }
    return changes.empty() ? Status{} : insert_state(kChangesRow, encode_changes(changes));
  });
  if (!written) return written;
  if (snapshot != nullptr) change_rows_ = 0;
  if (!changes.empty()) ++change_rows_;
  return {};
}

Status SegmentWriter::seal() { return connection_.execute("PRAGMA wal_checkpoint(TRUNCATE)"); }

Result<SegmentReader> SegmentReader::open(const std::filesystem::path& folder,
                                          std::uint64_t number) {
  TEMPER_TRY(Connection connection,
             Connection::open(folder / segment_file_name(number), Access::kReadOnly, kPatience));
  SegmentReader reader(std::move(connection));
  reader.summary_.number = number;
  TEMPER_TRY_STATUS(reader.refresh());
  return reader;
}

Status SegmentReader::refresh() {
  TEMPER_TRY(const std::int64_t version, connection_.query_integer("PRAGMA user_version"));
  is_made_ = version != 0;
  if (!is_made_) return {};
  TEMPER_TRY(Statement select,
             connection_.prepare("SELECT n, first_ms, first_seq, last_ms, last_seq, entries,"
                                 " record_bytes FROM block WHERE n > ? ORDER BY n"));
  select.bind(1, rows_.empty() ? std::int64_t{0} : rows_.back().number);
  for (;;) {
    TEMPER_TRY(const bool has_row, select.step());
    if (!has_row) return {};
    const Row row{.number = select.integer(0),
                  .first = {.time_ms = from_column(select.integer(1)),
                            .sequence = from_column(select.integer(2))},
                  .last = {.time_ms = from_column(select.integer(3)),
                           .sequence = from_column(select.integer(4))},
                  .entries = from_column(select.integer(5))};
    if (summary_.empty()) summary_.first = row.first;
    summary_.last = row.last;
    summary_.entries += row.entries;
    summary_.record_bytes += from_column(select.integer(6));
    rows_.push_back(row);
  }
}

Result<std::shared_ptr<const Block>> SegmentReader::load(std::int64_t row) {
  TEMPER_TRY(Statement select, connection_.prepare("SELECT crc, bytes FROM block WHERE n = ?"));
  TEMPER_TRY(const bool has_row, select.bind(1, row).step());
  if (!has_row) return fail(ErrorCode::kInternal, "row {} of the segment is gone", row);
  if (select.integer(0) != std::int64_t{record::crc32c(select.view(1))}) {
    return fail(ErrorCode::kInternal, "row {} of the segment fails its checksum", row);
  }
  return Block::decode(select.text(1));
}

Result<StreamState> SegmentReader::load_state() {
  TEMPER_TRY_STATUS(refresh());
  if (!is_made_) return StreamState{};
  TEMPER_TRY(Statement select,
             connection_.prepare("SELECT kind, crc, bytes FROM state ORDER BY n"));
  StreamState state;
  for (;;) {
    TEMPER_TRY(const bool has_row, select.step());
    if (!has_row) break;
    const std::string_view bytes = select.view(2);
    if (select.integer(1) != std::int64_t{record::crc32c(bytes)}) {
      return fail(ErrorCode::kInternal, "the state of segment {} fails its checksum",
                  summary_.number);
    }
    if (select.integer(0) == kSnapshotRow) {
      TEMPER_TRY(state, decode_state(bytes));
    } else {
      TEMPER_TRY(const StreamChanges changes, decode_changes(bytes));
      apply(state, changes);
    }
  }
  state.last = std::max(state.last, summary_.last);
  return state;
}

}  // namespace temper::streams
