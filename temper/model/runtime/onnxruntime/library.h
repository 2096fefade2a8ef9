// The door to ONNX Runtime's C interface: the opened library, its statuses as our errors, its
// objects as owning pointers.
#pragma once

#include <onnxruntime_c_api.h>

#include <memory>
#include <string_view>

#include "temper/core/result.h"

namespace temper::runtime {

/// The library, opened once per process and never closed: its threads and our outputs may outlive
/// any Runtime. Thread-safe.
class OnnxLibrary {
 public:
  [[nodiscard]] static Result<const OnnxLibrary*> open();

  [[nodiscard]] const OrtApi& api() const { return *api_; }
  [[nodiscard]] OrtEnv* environment() const { return environment_; }
  /// Describes plain process memory, for tensors that view ours.
  [[nodiscard]] const OrtMemoryInfo* cpu_memory() const { return cpu_memory_; }
  [[nodiscard]] OrtAllocator* allocator() const { return allocator_; }

 private:
  OnnxLibrary() = default;
  static Result<std::unique_ptr<const OnnxLibrary>> open_once();

  // constant after construction
  const OrtApi* api_ = nullptr;
  OrtEnv* environment_ = nullptr;
  OrtMemoryInfo* cpu_memory_ = nullptr;
  OrtAllocator* allocator_ = nullptr;
};

/// What was being done when a status came: it decides whose fault the failure is.
enum class OnnxActivity { kLoading, kRunning };

/// Takes over `status` (which may be null: success).
///
/// While loading, a refusal is the file's fault (kInvalidArgument). While running, a kernel's
/// refusal of shapes, indices or values is the caller's (kInvalidArgument), anything else
/// kInternal. ONNX Runtime has no code for exhausted memory; it is known by its text
/// (kResourceExhausted).
[[nodiscard]] Status onnx_status(const OrtApi& api, OrtStatus* status, OnnxActivity activity);

/// The code and the cleaned text for what ONNX Runtime said; apart so that it can be tested.
[[nodiscard]] Error onnx_error(OrtErrorCode code, std::string_view text, OnnxActivity activity);

/// Deletes an ONNX Runtime object through the API's Release function `release`.
template <typename T, auto release>
struct OnnxDeleter {
  const OrtApi* api = nullptr;
  void operator()(T* object) const { (api->*release)(object); }
};

using OnnxValue = std::unique_ptr<OrtValue, OnnxDeleter<OrtValue, &OrtApi::ReleaseValue>>;
using OnnxSession = std::unique_ptr<OrtSession, OnnxDeleter<OrtSession, &OrtApi::ReleaseSession>>;
using OnnxSessionOptions =
    std::unique_ptr<OrtSessionOptions,
                    OnnxDeleter<OrtSessionOptions, &OrtApi::ReleaseSessionOptions>>;
using OnnxTypeInfo =
    std::unique_ptr<OrtTypeInfo, OnnxDeleter<OrtTypeInfo, &OrtApi::ReleaseTypeInfo>>;
using OnnxRunOptions =
    std::unique_ptr<OrtRunOptions, OnnxDeleter<OrtRunOptions, &OrtApi::ReleaseRunOptions>>;

}  // namespace temper::runtime
