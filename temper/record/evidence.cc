#include "temper/record/evidence.h"

#include <bit>
#include <utility>

#include "temper/core/ids.h"
#include "temper/record/byte_codec.h"

namespace temper::record {
namespace {

constexpr std::uint8_t kFormatVersion = 1;

enum class IdForm : std::uint8_t { kText = 0, kUuid = 1 };

/// A UUID in its canonical spelling takes 16 bytes.
std::optional<Uuid> canonical_uuid(std::string_view text) {
  std::optional<Uuid> id = Uuid::parse(text);
  if (id && id->to_string() != text) id.reset();
  return id;
}

Status check_name(std::string_view what, std::string_view name) {
  if (name.size() <= kMaxRecordedNameBytes) return {};
  return fail(ErrorCode::kInvalidArgument, "an evidence record's {} has {} bytes, at most {} fit",
              what, name.size(), kMaxRecordedNameBytes);
}

bool is_rate(double rate) { return rate > 0.0 && rate <= 1.0; }

std::uint64_t size_estimate(const std::vector<RecordedTensor>& tensors) {
  std::uint64_t bytes = 0;
  for (const RecordedTensor& tensor : tensors) {
    bytes += tensor.bytes.size() + tensor.name.size() + tensor.datatype.size() + 16 +
             10 * tensor.shape.size();
  }
  return bytes;
}

Status check_tensors(const std::vector<RecordedTensor>& tensors) {
  if (tensors.size() > kMaxRecordedTensors) {
    return fail(ErrorCode::kInvalidArgument, "an evidence record has {} tensors, at most {} fit",
                tensors.size(), kMaxRecordedTensors);
  }
  for (const RecordedTensor& tensor : tensors) {
    TEMPER_TRY_STATUS(check_name("tensor name", tensor.name));
    TEMPER_TRY_STATUS(check_name("datatype", tensor.datatype));
    if (tensor.shape.size() > kMaxRecordedDimensions) {
      return fail(ErrorCode::kInvalidArgument, "tensor '{}' has {} dimensions, at most {} fit",
                  tensor.name, tensor.shape.size(), kMaxRecordedDimensions);
    }
  }
  return {};
}

Status check_record(const PredictionRecord& record) {
  const std::pair<std::string_view, std::string_view> names[] = {
      {"prediction_id", record.prediction_id},
      {"model", record.model},
      {"tenant", record.tenant},
      {"unit_id", record.unit_id},
      {"served_by", record.served_by},
  };
  for (const auto& [what, name] : names) TEMPER_TRY_STATUS(check_name(what, name));
  TEMPER_TRY_STATUS(check_tensors(record.inputs));
  TEMPER_TRY_STATUS(check_tensors(record.outputs));
  if (!is_rate(record.sampling_rate)) {
    return fail(ErrorCode::kInvalidArgument, "sampling_rate is {}, expected (0, 1]",
                record.sampling_rate);
  }
  return {};
}

void write_id(ByteWriter& out, std::string_view id) {
  if (const std::optional<Uuid> uuid = canonical_uuid(id)) {
    out.byte(std::to_underlying(IdForm::kUuid));
    for (const std::uint8_t byte : uuid->bytes) out.byte(byte);
  } else {
    out.byte(std::to_underlying(IdForm::kText));
    out.text(id);
  }
}

void write_tensors(ByteWriter& out, const std::vector<RecordedTensor>& tensors) {
  out.varint(tensors.size());
  for (const RecordedTensor& tensor : tensors) {
    out.text(tensor.name);
    out.text(tensor.datatype);
    out.varint(tensor.shape.size());
    for (const std::int64_t dimension : tensor.shape) out.zigzag(dimension);
    out.text(tensor.bytes);
  }
}

/// Assigns what was read, and says whether something was.
template <typename Value, typename Read>
bool take(Value& value, const std::optional<Read>& read) {
  if (read) value = static_cast<Value>(*read);
  return read.has_value();
}

bool take_name(std::string& value, ByteReader& in) {
  return take(value, in.text(kMaxRecordedNameBytes));
}

bool read_id(ByteReader& in, std::string& id) {
  const std::optional<std::uint8_t> form = in.byte();
  if (form == std::to_underlying(IdForm::kText)) {
    return take_name(id, in) && !canonical_uuid(id);
  }
  if (form != std::to_underlying(IdForm::kUuid)) return false;
  Uuid uuid;
  for (std::uint8_t& byte : uuid.bytes) {
    if (!take(byte, in.byte())) return false;
  }
  id = uuid.to_string();
  return true;
}

bool read_tensor(ByteReader& in, RecordedTensor& tensor) {
  std::size_t dimensions = 0;
  if (!take_name(tensor.name, in) || !take_name(tensor.datatype, in)) return false;
  if (!take(dimensions, in.varint()) || dimensions > kMaxRecordedDimensions) return false;
  tensor.shape.resize(dimensions);
  for (std::int64_t& dimension : tensor.shape) {
    if (!take(dimension, in.zigzag())) return false;
  }
  return take(tensor.bytes, in.text(kMaxRecordBytes));
}

bool read_tensors(ByteReader& in, std::vector<RecordedTensor>& tensors) {
  std::size_t count = 0;
  if (!take(count, in.varint()) || count > kMaxRecordedTensors) return false;
  // A tensor takes at least four bytes, so a short message cannot ask for much memory.
  if (count > in.remaining() / 4) return false;
  tensors.resize(count);
  for (RecordedTensor& tensor : tensors) {
    if (!read_tensor(in, tensor)) return false;
  }
  return true;
}

bool read_record(ByteReader& in, PredictionRecord& record) {
  std::uint64_t rate_bits = 0;
  std::int64_t event_after_arrival = 0;
  const bool whole = read_id(in, record.prediction_id) && take_name(record.model, in) &&
                     take(record.version, in.zigzag()) && take_name(record.tenant, in) &&
                     take(record.tier, in.zigzag()) && take(record.arrival_ns, in.fixed64()) &&
                     take(event_after_arrival, in.zigzag()) && take_name(record.unit_id, in) &&
                     take(record.rows, in.zigzag()) && take_name(record.served_by, in) &&
                     take(record.latency_ns, in.zigzag()) && take(rate_bits, in.fixed64()) &&
                     read_tensors(in, record.inputs) && read_tensors(in, record.outputs);
  // Unsigned, since the difference of two extreme times overflows.
  record.event_time_ns = static_cast<std::int64_t>(static_cast<std::uint64_t>(record.arrival_ns) +
                                                   static_cast<std::uint64_t>(event_after_arrival));
  record.sampling_rate = std::bit_cast<double>(rate_bits);
  return whole && is_rate(record.sampling_rate);
}

}  // namespace

Result<std::string> encode(const PredictionRecord& record) {
  TEMPER_TRY_STATUS(check_record(record));
  ByteWriter out;
  const std::uint64_t estimate = 256 + size_estimate(record.inputs) + size_estimate(record.outputs);
  if (estimate <= kMaxRecordBytes) out.reserve(static_cast<std::size_t>(estimate));
  out.byte(kFormatVersion);
  write_id(out, record.prediction_id);
  out.text(record.model);
  out.zigzag(record.version);
  out.text(record.tenant);
  out.zigzag(record.tier);
  out.fixed64(static_cast<std::uint64_t>(record.arrival_ns));
  out.zigzag(static_cast<std::int64_t>(static_cast<std::uint64_t>(record.event_time_ns) -
                                       static_cast<std::uint64_t>(record.arrival_ns)));
  out.text(record.unit_id);
  out.zigzag(record.rows);
  out.text(record.served_by);
  out.zigzag(record.latency_ns);
  out.fixed64(std::bit_cast<std::uint64_t>(record.sampling_rate));
  write_tensors(out, record.inputs);
  write_tensors(out, record.outputs);
  if (out.size() > kMaxRecordBytes) {
    return fail(ErrorCode::kInvalidArgument, "an evidence record has {} bytes, at most {} fit",
                out.size(), kMaxRecordBytes);
  }
  return out.take();
}

Result<PredictionRecord> decode_prediction(std::string_view bytes) {
  if (bytes.size() > kMaxRecordBytes) {
    return fail(ErrorCode::kInvalidArgument, "an evidence record has {} bytes, at most {} fit",
                bytes.size(), kMaxRecordBytes);
  }
  ByteReader in(bytes);
  const std::optional<std::uint8_t> version = in.byte();
  if (version != kFormatVersion) {
    return fail(ErrorCode::kInvalidArgument,
                "these bytes are no evidence record of a known version ({} is known)",
                kFormatVersion);
  }
  PredictionRecord record;
  if (!read_record(in, record) || !in.at_end()) {
    return fail(ErrorCode::kInvalidArgument, "a damaged evidence record of {} bytes", bytes.size());
  }
  return record;
}

}  // namespace temper::record
