// The evidence of one served request: what stream PREDICTIONS carries and the stores keep.
//
// A plain value and its bytes. It names tensors by plain fields of its own, since what is recorded
// must stay readable whatever the serving side's types become.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/result.h"

namespace temper::record {

struct RecordedTensor {
  std::string name;
  /// Open Inference Protocol word: "FP32", "INT64", "BYTES", ...
  std::string datatype;
  /// Outermost first; for a batch the first one is the rows.
  std::vector<std::int64_t> shape;
  /// Row-major, little-endian; BYTES elements each with their 4-byte little-endian length in front.
  std::string bytes;
  bool operator==(const RecordedTensor&) const = default;
};

struct PredictionRecord {
  /// UUIDv7 as text; row k of it is named "ID/k".
  std::string prediction_id;
  std::string model;
  std::int64_t version = 0;
  std::string tenant;
  std::int64_t tier = 0;
  /// Nanoseconds since the Unix epoch; event time equals arrival except in replays.
  std::int64_t event_time_ns = 0;
  std::int64_t arrival_ns = 0;
  /// Sticky unit of experiments; may be empty.
  std::string unit_id;
  std::int64_t rows = 0;
  std::vector<RecordedTensor> inputs;
  std::vector<RecordedTensor> outputs;
  /// Who answered: "model", or the fallback's name.
  std::string served_by;
  std::int64_t latency_ns = 0;
  /// Share of the requests at that time of which evidence was kept, in (0, 1].
  double sampling_rate = 1.0;
  bool operator==(const PredictionRecord&) const = default;
};

/// Limits of the encoding; beyond them a record is refused, in both directions.
inline constexpr std::size_t kMaxRecordBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxRecordedTensors = 4096;
inline constexpr std::size_t kMaxRecordedDimensions = 16;
inline constexpr std::size_t kMaxRecordedNameBytes = 4096;

/// The record's bytes, format version 1; docs/streams.md has the layout.
/// Errors: kInvalidArgument above a limit, or for a sampling rate outside (0, 1].
[[nodiscard]] Result<std::string> encode(const PredictionRecord& record);

/// Errors: kInvalidArgument for bytes that `encode` of a known version does not give (cut, changed,
/// with something behind). One record has one encoding: decode, then encode gives the same bytes.
[[nodiscard]] Result<PredictionRecord> decode_prediction(std::string_view bytes);

}  // namespace temper::record
