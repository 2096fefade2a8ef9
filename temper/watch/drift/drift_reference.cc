#include "temper/watch/drift/drift_reference.h"

#include "temper/core/file.h"
#include "temper/stats/encoding.h"

namespace temper::drift {
namespace {

constexpr std::string_view kFormat = "temper drift reference 1";

void write(stats::ByteWriter& out, const std::optional<Calibration>& calibration) {
  out.text(calibration ? calibration->encode() : std::string());
}

Status read(stats::ByteReader& in, std::optional<Calibration>& calibration) {
  TEMPER_TRY(const std::string bytes, in.text());
  if (bytes.empty()) return {};
  TEMPER_TRY(calibration, Calibration::decode(bytes));
  return {};
}

}  // namespace

std::string DriftReference::encode() const {
  stats::ByteWriter out;
  out.text(kFormat);
  write(out, covariates);
  write(out, predictions);
  out.u8(accuracy ? 1 : 0);
  out.f64(accuracy.value_or(0));
  out.u64(accuracy_rows);
  return out.take();
}

Result<DriftReference> DriftReference::decode(std::string_view bytes) {
  stats::ByteReader in(bytes);
  TEMPER_TRY(const std::string format, in.text());
  if (format != kFormat) {
    return fail(ErrorCode::kInvalidArgument, "not a drift reference of a known version");
  }
  DriftReference reference;
  TEMPER_TRY_STATUS(read(in, reference.covariates));
  TEMPER_TRY_STATUS(read(in, reference.predictions));
  TEMPER_TRY(const std::uint8_t has_accuracy, in.u8());
  TEMPER_TRY(const double accuracy, in.f64());
  TEMPER_TRY(reference.accuracy_rows, in.u64());
  if (has_accuracy > 1 || !(accuracy >= 0 && accuracy <= 1) || in.left() != 0) {
    return fail(ErrorCode::kInvalidArgument, "the drift reference is damaged at its end");
  }
  if (has_accuracy == 1) reference.accuracy = accuracy;
  return reference;
}

std::filesystem::path drift_reference_path(const std::filesystem::path& folder,
                                           std::string_view model, int version) {
  return folder / "references" / fmt::format("{}.{}.drift", model, version);
}

Status save_drift_reference(const std::filesystem::path& folder, std::string_view model,
                            int version, const DriftReference& reference) {
  const std::filesystem::path path = drift_reference_path(folder, model, version);
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) {
    return fail(ErrorCode::kInternal, "{}: {}", path.parent_path().string(), error.message());
  }
  return write_file_atomically(path, reference.encode());
}

Result<DriftReference> load_drift_reference(const std::filesystem::path& folder,
                                            std::string_view model, int version) {
  const std::filesystem::path path = drift_reference_path(folder, model, version);
  TEMPER_TRY(const std::string bytes, read_file(path));
  auto reference = DriftReference::decode(bytes);
  if (!reference) return with_context(std::move(reference).error(), path.string());
  return reference;
}

void remove_drift_reference(const std::filesystem::path& folder, std::string_view model,
                            int version) {
  std::error_code ignored;
  std::filesystem::remove(drift_reference_path(folder, model, version), ignored);
}

}  // namespace temper::drift
