// Reads an ONNX file as data, before any engine sees it, and refuses what must not be loaded.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "temper/core/result.h"

namespace temper::onnx_graph {

struct GraphSummary {
  std::int64_t ir_version = 0;
  /// Domain ("" = ai.onnx) to opset version.
  std::map<std::string, std::int64_t> opsets;
  /// "Gemm", "com.microsoft.MatMulNBits"; subgraphs included.
  std::set<std::string> operators;
  std::uint64_t node_count = 0;
  std::uint64_t initializer_bytes = 0;
  /// The first operator (subgraphs included) whose memory or time depends on the values it is given
  /// (Loop, Scan, Range, Expand, Tile, ConstantOfShape, NonZero, ...); empty where there is none.
  std::string value_dependent_operator;
  std::map<std::string, std::string> metadata;
};

/// Errors, all kInvalidArgument and all saying what, where, expected: empty, truncated or not a
/// protobuf; no graph; unknown IR or opset version; external data (a path could be any file);
/// a tensor whose bytes do not match its claimed size; a cycle, an undefined or duplicate value
/// name; sizes over the limits; kNotFound / kInternal for the file itself.
[[nodiscard]] Result<GraphSummary> inspect(const std::filesystem::path& file);

/// The same for a file's bytes.
[[nodiscard]] Result<GraphSummary> inspect_bytes(std::string_view bytes);

}  // namespace temper::onnx_graph
