#include "temper/model/reference/reference.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "temper/core/digest.h"
#include "temper/core/file.h"

namespace temper {
namespace {

constexpr std::string_view kMagic = "TMPRREF";
constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kDigestSize = 64;
constexpr std::size_t kLargestFile = std::size_t{1} << 30;
constexpr std::uint64_t kMostRows = std::uint64_t{1} << 50;

void write_columns(stats::ByteWriter& out, const std::vector<ColumnSummary>& columns) {
  out.u32(static_cast<std::uint32_t>(columns.size()));
  for (const ColumnSummary& column : columns) column.write(out);
}

Result<std::vector<ColumnSummary>> read_columns(stats::ByteReader& in) {
  TEMPER_TRY(const std::uint32_t size, in.u32());
  if (size > Reference::kMostFeatures) {
    return fail(ErrorCode::kInvalidArgument, "{} columns, at most {} are possible", size,
                Reference::kMostFeatures);
  }
  std::vector<ColumnSummary> columns;
  for (std::uint32_t i = 0; i < size; ++i) {
    TEMPER_TRY(ColumnSummary column, ColumnSummary::read(in));
    const bool is_double = std::any_of(columns.begin(), columns.end(), [&](const auto& before) {
      return before.name == column.name;
    });
    if (is_double) return fail(ErrorCode::kInvalidArgument, "column '{}' twice", column.name);
    columns.push_back(std::move(column));
  }
  return columns;
}

Result<HeldOut> read_held_out(stats::ByteReader& in) {
  HeldOut held_out;
  TEMPER_TRY(held_out.rows, in.u64());
  TEMPER_TRY(held_out.outputs, read_columns(in));
  TEMPER_TRY(const std::uint8_t has_accuracy, in.u8());
  if (has_accuracy > 1 || held_out.rows > kMostRows) {
    return fail(ErrorCode::kInvalidArgument, "impossible figures of held-out rows");
  }
  if (has_accuracy == 0) return held_out;
  TEMPER_TRY(const double accuracy, in.f64());
  if (!(accuracy >= 0 && accuracy <= 1)) {
    return fail(ErrorCode::kInvalidArgument, "impossible figures of held-out rows");
  }
  held_out.accuracy = accuracy;
  return held_out;
}

Result<ReferenceClock> read_clock(stats::ByteReader& in) {
  ReferenceClock clock;
  TEMPER_TRY(clock.column, in.text());
  TEMPER_TRY(clock.first_ns, in.i64());
  TEMPER_TRY(clock.last_ns, in.i64());
  if (clock.first_ns > clock.last_ns) {
    return fail(ErrorCode::kInvalidArgument, "a reference that ends before it starts");
  }
  return clock;
}

Result<Reference> read_content(stats::ByteReader& in) {
  Reference reference;
  TEMPER_TRY(reference.rows, in.u64());
  TEMPER_TRY(const std::uint8_t has_clock, in.u8());
  if (reference.rows > kMostRows || has_clock > 1) {
    return fail(ErrorCode::kInvalidArgument, "a broken reference");
  }
  if (has_clock == 1) {
    TEMPER_TRY(reference.clock, read_clock(in));
  }
  TEMPER_TRY(reference.features, read_columns(in));
  for (const ColumnSummary& feature : reference.features) {
    if (feature.rows != reference.rows) {
      return fail(ErrorCode::kInvalidArgument, "column '{}' has {} rows, the reference {}",
                  feature.name, feature.rows, reference.rows);
    }
  }
  TEMPER_TRY(const std::uint8_t has_held_out, in.u8());
  if (has_held_out > 1) return fail(ErrorCode::kInvalidArgument, "a broken reference");
  if (has_held_out == 1) {
    TEMPER_TRY(reference.held_out, read_held_out(in));
  }
  if (in.left() != 0) {
    return fail(ErrorCode::kInvalidArgument, "{} bytes behind the reference", in.left());
  }
  return reference;
}

}  // namespace

const ColumnSummary* Reference::feature(std::string_view name) const {
  const auto found = std::find_if(features.begin(), features.end(),
                                  [&](const auto& feature) { return feature.name == name; });
  return found == features.end() ? nullptr : &*found;
}

Status Reference::merge(const Reference& other) {
  const auto clock_column = [](const Reference& reference) {
    return reference.clock ? reference.clock->column : std::string();
  };
  if (features.size() != other.features.size() || clock_column(*this) != clock_column(other)) {
    return fail(ErrorCode::kInvalidArgument, "references of different tables");
  }
  std::vector<ColumnSummary> merged = features;
  for (std::size_t i = 0; i < merged.size(); ++i) {
    TEMPER_TRY_STATUS(merged[i].merge(other.features[i]));
  }
  features = std::move(merged);
  rows += other.rows;
  if (clock && other.clock) {
    clock->first_ns = std::min(clock->first_ns, other.clock->first_ns);
    clock->last_ns = std::max(clock->last_ns, other.clock->last_ns);
  }
  if (held_out && other.held_out) {
    held_out.reset();
  } else if (other.held_out) {
    held_out = other.held_out;
  }
  return {};
}

bool is_reference(std::string_view head) { return head.starts_with(kMagic); }

std::string serialise_reference(const Reference& reference) {
  stats::ByteWriter out;
  out.u64(reference.rows);
  out.u8(reference.clock ? 1 : 0);
  if (reference.clock) {
    out.text(reference.clock->column);
    out.i64(reference.clock->first_ns);
    out.i64(reference.clock->last_ns);
  }
  write_columns(out, reference.features);
  out.u8(reference.held_out ? 1 : 0);
  if (reference.held_out) {
    out.u64(reference.held_out->rows);
    write_columns(out, reference.held_out->outputs);
    out.u8(reference.held_out->accuracy ? 1 : 0);
    if (reference.held_out->accuracy) out.f64(*reference.held_out->accuracy);
  }
  std::string bytes(kMagic);
  bytes += static_cast<char>(kFormat);
  bytes += out.bytes();
  return bytes + sha256_hex(bytes);
}

Result<Reference> parse_reference(std::string_view bytes) {
  if (!is_reference(bytes) || bytes.size() < kMagic.size() + 1 + kDigestSize) {
    return fail(ErrorCode::kInvalidArgument, "this is no reference file");
  }
  const auto format = static_cast<std::uint8_t>(bytes[kMagic.size()]);
  if (format != kFormat) {
    return fail(ErrorCode::kInvalidArgument, "a reference of format {}, known is {}", format,
                kFormat);
  }
  const std::string_view covered = bytes.substr(0, bytes.size() - kDigestSize);
  if (sha256_hex(covered) != bytes.substr(covered.size())) {
    return fail(ErrorCode::kInvalidArgument, "the reference is cut or was changed");
  }
  stats::ByteReader in(covered.substr(kMagic.size() + 1));
  return read_content(in);
}

Result<Reference> read_reference(const std::filesystem::path& path) {
  TEMPER_TRY(const std::string bytes, read_file(path, kLargestFile));
  auto reference = parse_reference(bytes);
  if (!reference) return with_context(reference.error(), path.string());
  return reference;
}

Status write_reference(const Reference& reference, const std::filesystem::path& path) {
  return write_file_atomically(path, serialise_reference(reference));
}

}  // namespace temper
