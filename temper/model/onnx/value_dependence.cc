#include "temper/model/onnx/value_dependence.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace temper::onnx_graph {
namespace {

/// Inputs that say how large the output is, or how much work there is.
struct ControlInputs {
  std::string_view op_type;
  /// Bit k = input k.
  std::uint32_t mask;
};

constexpr std::uint32_t kAll = ~std::uint32_t{0};

constexpr std::array<ControlInputs, 31> kControlInputs = {{
    {"AffineGrid", 1U << 1},
    {"BlackmanWindow", kAll},
    {"CenterCropPad", 1U << 1},
    {"Col2Im", 1U << 1 | 1U << 2},
    {"Compress", 1U << 1},
    {"ConstantOfShape", kAll},
    {"CropAndResize", 1U << 3},
    {"DFT", 1U << 1},
    {"Expand", 1U << 1},
    {"HammingWindow", kAll},
    {"HannWindow", kAll},
    {"ImageDecoder", kAll},
    {"MaxUnpool", 1U << 1 | 1U << 2},
    {"MelWeightMatrix", kAll},
    {"NonMaxSuppression", kAll},
    {"NonZero", kAll},
    {"OneHot", 1U << 1},
    {"Pad", 1U << 1},
    {"Range", kAll},
    {"RegexFullMatch", kAll},
    {"Resize", 1U << 1 | 1U << 2 | 1U << 3},
    {"STFT", 1U << 1 | 1U << 3},
    {"SequenceConstruct", kAll},
    {"SplitToSequence", 1U << 1},
    {"StringSplit", kAll},
    {"Tile", 1U << 1},
    {"TokenNGram", kAll},
    {"Tokenizer", kAll},
    {"Unique", kAll},
    {"Upsample", 1U << 1},
    {"WordConvEmbedding", kAll},
}};

constexpr std::array<std::string_view, 8> kLoops = {
    "BeamSearch", "GreedySearch", "Loop",  "Sampling",
    "Scan",       "SequenceMap",  "While", "WhisperBeamSearch"};

}  // namespace

bool depends_on_values(std::string_view domain, std::string_view op_type,
                       std::span<const bool> input_depends) {
  if (!domain.empty() && domain != "com.microsoft") return false;
  if (std::find(kLoops.begin(), kLoops.end(), op_type) != kLoops.end()) return true;
  const auto entry =
      std::find_if(kControlInputs.begin(), kControlInputs.end(),
                   [op_type](const ControlInputs& inputs) { return inputs.op_type == op_type; });
  if (entry == kControlInputs.end()) return false;
  for (std::size_t k = 0; k < input_depends.size(); ++k) {
    const bool controls = k < 32 && (entry->mask >> k & 1U) != 0;
    if (controls && input_depends[k]) return true;
  }
  return false;
}

}  // namespace temper::onnx_graph
