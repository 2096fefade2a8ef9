// A segment: one SQLite file with the records of a span of time, and the state to go on from.
//
// It begins with a snapshot of the stream's state, so that older segments can go at any time. Every
// row carries a CRC-32C of its bytes: SQLite checks its log, not what the disk does to old pages.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "temper/record/sqlite/connection.h"
#include "temper/record/streams/journal/block.h"
#include "temper/record/streams/journal/stream_state.h"

namespace temper::streams {

struct SegmentSummary {
  std::uint64_t number = 0;
  std::uint64_t entries = 0;
  std::uint64_t record_bytes = 0;
  /// 0-0 where there are no entries.
  EntryId first{};
  EntryId last{};
  [[nodiscard]] bool empty() const { return entries == 0; }
  void add(const Block& block);
};

/// "00000000000000000012.segment"
[[nodiscard]] std::string segment_file_name(std::uint64_t number);
/// Ascending numbers of the segments in a stream's folder. Errors: kInternal.
[[nodiscard]] Result<std::vector<std::uint64_t>> list_segments(const std::filesystem::path& folder);
/// Removes a segment with what SQLite keeps beside it.
[[nodiscard]] Status remove_segment(const std::filesystem::path& folder, std::uint64_t number);
/// Removes what a kill during `remove_segment` left.
[[nodiscard]] Status remove_orphans(const std::filesystem::path& folder);

/// The newest segment, as its only writer has it. Not thread-safe.
class SegmentWriter {
 public:
  /// A new segment; durable with its snapshot when this returns.
  static Result<SegmentWriter> create(const std::filesystem::path& folder, std::uint64_t number,
                                      const StreamState& state);
  /// Empty where a kill left a file without its snapshot: nothing was ever stored in it.
  static Result<std::optional<SegmentWriter>> open(const std::filesystem::path& folder,
                                                   std::uint64_t number);

  /// One transaction. With `synced` it survives a power cut, without a kill of the process.
  /// `snapshot` takes the place of all state rows before.
  [[nodiscard]] Status commit(std::span<const std::shared_ptr<const Block>> blocks,
                              const StreamChanges& changes, const StreamState* snapshot,
                              bool synced);
  /// Rows of changes since the last snapshot.
  [[nodiscard]] std::uint64_t change_rows() const { return change_rows_; }
  /// Moves everything into the main file; to be closed afterwards.
  [[nodiscard]] Status seal();

 private:
  explicit SegmentWriter(record::Connection connection) : connection_(std::move(connection)) {}
  [[nodiscard]] Status prepare();
  [[nodiscard]] Status insert_block(const Block& block);
  [[nodiscard]] Status insert_state(int kind, const std::string& bytes);

  // The statements follow the connection, so that they end before it.
  record::Connection connection_;
  std::optional<record::Statement> block_row_;
  std::optional<record::Statement> state_row_;
  std::uint64_t change_rows_ = 0;
};

/// Any segment, in the owner's process or in another. Not thread-safe.
class SegmentReader {
 public:
  struct Row {
    std::int64_t number = 0;
    EntryId first;
    EntryId last;
    std::uint64_t entries = 0;
  };
  static Result<SegmentReader> open(const std::filesystem::path& folder, std::uint64_t number);

  /// Learns of rows committed since.
  [[nodiscard]] Status refresh();
  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }
  [[nodiscard]] const SegmentSummary& summary() const { return summary_; }
  /// Errors: kInternal where the row is damaged.
  [[nodiscard]] Result<std::shared_ptr<const Block>> load(std::int64_t row);
  /// The snapshot with all changes since; `last` includes this segment's records.
  [[nodiscard]] Result<StreamState> load_state();

 private:
  explicit SegmentReader(record::Connection connection) : connection_(std::move(connection)) {}

  record::Connection connection_;
  SegmentSummary summary_;
  std::vector<Row> rows_;
  /// False while its owner is making it.
  bool is_made_ = false;
};

}  // namespace temper::streams
