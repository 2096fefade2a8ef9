#include "temper/model/onnx/inspect.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <onnx.pb.h>

#include <new>

#include "temper/core/file.h"
#include "temper/model/onnx/graph_check.h"
#include "temper/model/onnx/wire_format.h"

namespace temper::onnx_graph {
namespace {

/// What the pinned ONNX Runtime reads.
constexpr std::int64_t kFirstIrVersion = 3;
constexpr std::int64_t kLastIrVersion = 14;
constexpr std::int64_t kLastOpset = 28;
/// Protobuf's own limit, and with it that of an ONNX file with its data inside.
constexpr std::size_t kMaxFileBytes = (std::size_t{1} << 31) - 1;
/// A graph inside a graph is three messages deeper; the depth of graphs is checked by itself.
constexpr int kMaxMessageDepth = 200;

Status check_versions(const onnx::ModelProto& model, GraphSummary& summary) {
  summary.ir_version = model.ir_version();
  if (summary.ir_version < kFirstIrVersion || summary.ir_version > kLastIrVersion) {
    return fail(ErrorCode::kInvalidArgument, "IR version {} is unknown, expected {} to {}",
                summary.ir_version, kFirstIrVersion, kLastIrVersion);
  }
  for (const auto& opset : model.opset_import()) {
    const std::string domain = opset.domain() == "ai.onnx" ? "" : opset.domain();
    const auto [at, added] = summary.opsets.emplace(domain, opset.version());
    if (!added && at->second != opset.version()) {
      return fail(ErrorCode::kInvalidArgument, "opset of domain '{}' is given twice: {} and {}",
                  domain, at->second, opset.version());
    }
    if (opset.version() < 1 || (domain.empty() && opset.version() > kLastOpset)) {
      return fail(ErrorCode::kInvalidArgument, "opset version {} of domain '{}' is unknown{}",
                  opset.version(), domain,
                  domain.empty() ? fmt::format(", expected 1 to {}", kLastOpset) : "");
    }
  }
  if (summary.opsets.empty()) {
    return fail(ErrorCode::kInvalidArgument, "the model names no opset version");
  }
  return {};
}

Result<GraphSummary> inspect_model(const onnx::ModelProto& model) {
  GraphSummary summary;
  if (!model.has_graph()) {
    return fail(ErrorCode::kInvalidArgument, "the model has no graph");
  }
  TEMPER_TRY_STATUS(check_versions(model, summary));
  if (model.graph().output_size() == 0) {
    return fail(ErrorCode::kInvalidArgument, "the graph has no outputs");
  }
  TEMPER_TRY_STATUS(check_graphs(model, GraphLimits{}, summary));
  for (const auto& entry : model.metadata_props()) {
    summary.metadata.emplace(entry.key(), entry.value());
  }
  return summary;
}

}  // namespace

Result<GraphSummary> inspect_bytes(std::string_view bytes) {
  if (bytes.empty()) return fail(ErrorCode::kInvalidArgument, "the file is empty");
  if (bytes.size() > kMaxFileBytes) {
    return fail(ErrorCode::kInvalidArgument, "{} bytes are more than a protobuf may have ({})",
                bytes.size(), kMaxFileBytes);
  }
  TEMPER_TRY_STATUS(check_wire_format(bytes));
  try {
    onnx::ModelProto model;
    google::protobuf::io::ArrayInputStream input(bytes.data(), static_cast<int>(bytes.size()));
    google::protobuf::io::CodedInputStream coded(&input);
    coded.SetRecursionLimit(kMaxMessageDepth);
    if (!model.ParseFromCodedStream(&coded) || !coded.ConsumedEntireMessage()) {
      return fail(ErrorCode::kInvalidArgument,
                  "not an ONNX file: its protobuf is malformed, or nested deeper than {}",
                  kMaxMessageDepth);
    }
    return inspect_model(model);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kInvalidArgument, "the file unfolds to more memory than there is");
  }
}

Result<GraphSummary> inspect(const std::filesystem::path& file) {
  const auto bytes = read_file(file, kMaxFileBytes);
  if (!bytes) {
    if (bytes.error().code != ErrorCode::kResourceExhausted) {
      return std::unexpected(bytes.error());
    }
    return fail(ErrorCode::kInvalidArgument, "{}: larger than a protobuf may be ({} bytes)",
                file.string(), kMaxFileBytes);
  }
  auto summary = inspect_bytes(*bytes);
  if (!summary) return with_context(summary.error(), file.filename().string());
  return summary;
}

}  // namespace temper::onnx_graph
