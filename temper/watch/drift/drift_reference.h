// What is kept with a version so that its traffic can be watched: made when it is registered.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "temper/core/result.h"
#include "temper/watch/drift/calibration.h"

namespace temper::drift {

struct DriftReference {
  /// Of the features, in the order of the version's feature map.
  std::optional<Calibration> covariates;
  /// Of the outputs' columns; apart, since a caller may ask for a part of the outputs only.
  std::optional<Calibration> predictions;
  /// Share of held-out labels that were predicted, and of how many rows; none without labels.
  std::optional<double> accuracy;
  std::uint64_t accuracy_rows = 0;

  /// Versioned bytes. `decode` errors: kInvalidArgument.
  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static Result<DriftReference> decode(std::string_view bytes);
  bool operator==(const DriftReference&) const = default;
};

/// FOLDER/references/MODEL.VERSION.drift
[[nodiscard]] std::filesystem::path drift_reference_path(const std::filesystem::path& folder,
                                                         std::string_view model, int version);

[[nodiscard]] Status save_drift_reference(const std::filesystem::path& folder,
                                          std::string_view model, int version,
                                          const DriftReference& reference);

/// Errors: kNotFound where the version was registered without a reference; those of `decode`.
[[nodiscard]] Result<DriftReference> load_drift_reference(const std::filesystem::path& folder,
                                                          std::string_view model, int version);

/// Removes what is kept, if anything is.
void remove_drift_reference(const std::filesystem::path& folder, std::string_view model,
                            int version);

}  // namespace temper::drift
