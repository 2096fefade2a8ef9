#include "temper/model/runtime/onnxruntime/session.h"

#include <array>
#include <new>
#include <utility>

#include "temper/model/onnx/inspect.h"
#include "temper/model/runtime/onnxruntime/onnxruntime.h"
#include "temper/model/runtime/onnxruntime/values.h"

namespace temper::runtime {
namespace {

enum class Direction { kInput, kOutput };

std::string_view type_name(ONNXType type) {
  switch (type) {
    case ONNX_TYPE_SEQUENCE:
      return "a sequence (a ZipMap? convert the model with zipmap=False)";
    case ONNX_TYPE_MAP:
      return "a map";
    case ONNX_TYPE_SPARSETENSOR:
      return "a sparse tensor";
    case ONNX_TYPE_OPTIONAL:
      return "optional";
    default:
      return "of an unknown kind";
  }
}

Result<TensorSpec> read_spec(const OrtApi& api, const OrtTypeInfo* info, std::string name) {
  const auto check = [&api](OrtStatus* status) {
    return onnx_status(api, status, OnnxActivity::kLoading);
  };
  ONNXType kind = ONNX_TYPE_UNKNOWN;
  TEMPER_TRY_STATUS(check(api.GetOnnxTypeFromTypeInfo(info, &kind)));
  if (kind != ONNX_TYPE_TENSOR) {
    return fail(ErrorCode::kInvalidArgument, "'{}' is {}; only tensors can be served", name,
                type_name(kind));
  }
  const OrtTensorTypeAndShapeInfo* tensor = nullptr;
  TEMPER_TRY_STATUS(check(api.CastTypeInfoToTensorInfo(info, &tensor)));
  ONNXTensorElementDataType element_type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  TEMPER_TRY_STATUS(check(api.GetTensorElementType(tensor, &element_type)));
  const auto datatype = data_type_of(element_type);
  if (!datatype) {
    return fail(ErrorCode::kInvalidArgument,
                "'{}' has an element type that the Open Inference Protocol lacks ({})", name,
                static_cast<int>(element_type));
  }
  std::size_t rank = 0;
  TEMPER_TRY_STATUS(check(api.GetDimensionsCount(tensor, &rank)));
  Shape shape(rank);
  std::vector<const char*> symbols(rank);
  TEMPER_TRY_STATUS(check(api.GetDimensions(tensor, shape.data(), rank)));
  TEMPER_TRY_STATUS(check(api.GetSymbolicDimensions(tensor, symbols.data(), rank)));
  std::vector<std::string> dimension_names;
  dimension_names.reserve(rank);
  for (const char* symbol : symbols) dimension_names.emplace_back(symbol == nullptr ? "" : symbol);
  return TensorSpec{.name = std::move(name),
                    .datatype = *datatype,
                    .shape = std::move(shape),
                    .dimension_names = std::move(dimension_names)};
}

Result<std::vector<TensorSpec>> read_specs(const OnnxLibrary& library, const OrtSession* session,
                                           Direction direction) {
  const OrtApi& api = library.api();
  const auto check = [&api](OrtStatus* status) {
    return onnx_status(api, status, OnnxActivity::kLoading);
  };
  const bool input = direction == Direction::kInput;
  std::size_t count = 0;
  TEMPER_TRY_STATUS(
      check((input ? api.SessionGetInputCount : api.SessionGetOutputCount)(session, &count)));
  std::vector<TensorSpec> specs;
  for (std::size_t k = 0; k < count; ++k) {
    char* raw_name = nullptr;
    TEMPER_TRY_STATUS(check((input ? api.SessionGetInputName : api.SessionGetOutputName)(
        session, k, library.allocator(), &raw_name)));
    std::string name(raw_name);
    TEMPER_TRY_STATUS(check(api.AllocatorFree(library.allocator(), raw_name)));
    OrtTypeInfo* raw_info = nullptr;
    TEMPER_TRY_STATUS(check((input ? api.SessionGetInputTypeInfo : api.SessionGetOutputTypeInfo)(
        session, k, &raw_info)));
    const OnnxTypeInfo info(raw_info, {&api});
    auto spec = read_spec(api, info.get(), std::move(name));
    if (!spec) return with_context(spec.error(), input ? "input" : "output");
    specs.push_back(std::move(*spec));
  }
  return specs;
}

Result<OnnxSessionOptions> make_options(const OrtApi& api, int intra_op_threads) {
  const auto check = [&api](OrtStatus* status) {
    return onnx_status(api, status, OnnxActivity::kRunning);
  };
  OrtSessionOptions* raw = nullptr;
  TEMPER_TRY_STATUS(check(api.CreateSessionOptions(&raw)));
  OnnxSessionOptions options(raw, {&api});
  TEMPER_TRY_STATUS(check(api.SetIntraOpNumThreads(raw, intra_op_threads)));
  TEMPER_TRY_STATUS(check(api.SetInterOpNumThreads(raw, 1)));
  TEMPER_TRY_STATUS(check(api.SetSessionLogSeverityLevel(raw, ORT_LOGGING_LEVEL_FATAL)));
  // Patterns are kept per set of input shapes, without a bound; callers choose the shapes.
  TEMPER_TRY_STATUS(check(api.DisableMemPattern(raw)));
  constexpr std::array<std::pair<const char*, const char*>, 3> kEntries = {{
      {"session.intra_op.allow_spinning", "0"},
      {"session.inter_op.allow_spinning", "0"},
      {"session.load_model_format", "ONNX"},
  }};
  for (const auto& [key, value] : kEntries) {
    TEMPER_TRY_STATUS(check(api.AddSessionConfigEntry(raw, key, value)));
  }
  return options;
}

class OnnxRuntime final : public Runtime {
 public:
  explicit OnnxRuntime(const OnnxLibrary& library) : library_(library) {}
  Result<std::unique_ptr<Instance>> load(const LoadOptions& options) override {
    return OnnxInstance::load(library_, options);
  }

 private:
  const OnnxLibrary& library_;
};

}  // namespace

OnnxInstance::OnnxInstance(const OnnxLibrary& library, std::shared_ptr<OrtSession> session,
                           Signature signature)
    : library_(library),
      watch_(DeadlineWatch::instance(library)),
      session_(std::move(session)),
      signature_(std::move(signature)) {
  for (const TensorSpec& input : signature_.inputs) input_names_.push_back(input.name.c_str());
}

Result<std::unique_ptr<Instance>> OnnxInstance::load(const OnnxLibrary& library,
                                                     const LoadOptions& options) {
  if (options.intra_op_threads < 1) {
    return fail(ErrorCode::kInvalidArgument, "intra_op_threads must be 1 or more, not {}",
                options.intra_op_threads);
  }
  TEMPER_TRY_STATUS(onnx_graph::inspect(options.artifact));
  const OrtApi& api = library.api();
  TEMPER_TRY(const auto session_options, make_options(api, options.intra_op_threads));
  OrtSession* raw = nullptr;
  TEMPER_TRY_STATUS(onnx_status(api,
                                api.CreateSession(library.environment(), options.artifact.c_str(),
                                                  session_options.get(), &raw),
                                OnnxActivity::kLoading));
  std::shared_ptr<OrtSession> session(OnnxSession(raw, {&api}));
  Signature signature;
  TEMPER_TRY(signature.inputs, read_specs(library, raw, Direction::kInput));
  TEMPER_TRY(signature.outputs, read_specs(library, raw, Direction::kOutput));
  return std::unique_ptr<Instance>(
      new OnnxInstance(library, std::move(session), std::move(signature)));
}

Result<std::vector<Tensor>> OnnxInstance::run(const RunRequest& request) {
  try {
    return run_values(request);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kResourceExhausted, "no memory for the tensors of a run");
  }
}

Result<std::vector<Tensor>> OnnxInstance::run_values(const RunRequest& request) {
  std::vector<std::unique_ptr<std::byte[]>> copies;
  std::vector<OnnxValue> owned_inputs;
  std::vector<const OrtValue*> inputs;
  owned_inputs.reserve(request.inputs.size());
  inputs.reserve(request.inputs.size());
  for (const Tensor& tensor : request.inputs) {
    TEMPER_TRY(OnnxValue value, make_value(library_, tensor, copies));
    inputs.push_back(value.get());
    owned_inputs.push_back(std::move(value));
  }
  std::vector<const char*> output_names;
  output_names.reserve(request.outputs.size());
  for (const std::size_t index : request.outputs) {
    output_names.push_back(signature_.outputs[index].name.c_str());
  }
  std::vector<OrtValue*> outputs(output_names.size(), nullptr);

  std::optional<DeadlineWatch::Guard> guard;
  if (request.deadline != kNever) {
    TEMPER_TRY(auto armed, watch_.arm(request.deadline));
    guard.emplace(std::move(armed));
  }
  const OrtApi& api = library_.api();
  const Status status =
      onnx_status(api,
                  api.Run(session_.get(), guard ? guard->options() : nullptr, input_names_.data(),
                          inputs.data(), inputs.size(), output_names.data(), output_names.size(),
                          outputs.data()),
                  OnnxActivity::kRunning);
  std::vector<OnnxValue> values;
  values.reserve(outputs.size());
  for (OrtValue* output : outputs) values.emplace_back(output, OnnxValue::deleter_type{&api});
  if (!status) {
    if (guard && guard->was_cut()) {
      return fail(ErrorCode::kDeadlineExceeded, "the run was cut at its deadline");
    }
    return std::unexpected(status.error());
  }
  std::vector<Tensor> tensors;
  tensors.reserve(values.size());
  for (OnnxValue& value : values) {
    TEMPER_TRY(Tensor tensor, take_value(library_, std::move(value), session_, request.inputs));
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

Result<std::unique_ptr<Runtime>> create_onnxruntime() {
  TEMPER_TRY(const OnnxLibrary* library, OnnxLibrary::open());
  return std::unique_ptr<Runtime>(std::make_unique<OnnxRuntime>(*library));
}

}  // namespace temper::runtime
