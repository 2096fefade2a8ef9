#include "temper/model/runtime/onnxruntime/library.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <string>

#include "temper/core/shared_library.h"

namespace temper::runtime {
namespace {

constexpr std::size_t kMaxMessage = 400;

Result<const OrtApi*> open_api() {
  TEMPER_TRY(const SharedLibrary library, SharedLibrary::open({.file = "libonnxruntime.so.1.32.0",
                                                               .deps_folder = "onnxruntime/lib"}));
  const OrtApiBase*(ORT_API_CALL * get_api_base)() = nullptr;
  TEMPER_TRY_STATUS(library.bind(get_api_base, "OrtGetApiBase"));
  const OrtApi* api = get_api_base()->GetApi(ORT_API_VERSION);
  if (api == nullptr) {
    return fail(ErrorCode::kFailedPrecondition, "{} is version {}: it lacks API {}", library.path(),
                get_api_base()->GetVersionString(), ORT_API_VERSION);
  }
  return api;
}

/// ONNX Runtime writes each failed run to stderr besides returning it; ours reports it once.
void ORT_API_CALL ignore_log(void*, OrtLoggingLevel, const char*, const char*, const char*,
                             const char*) {}

bool contains_any(std::string_view text, std::span<const std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [text](std::string_view word) {
    return text.find(word) != std::string_view::npos;
  });
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

bool speaks_of_memory(std::string_view lower) {
  constexpr std::array<std::string_view, 5> kWords = {"bad_alloc", "failed to allocate memory",
                                                      "bad allocation", "out of memory",
                                                      "available memory of"};
  return contains_any(lower, kWords);
}

/// Kernels report values they cannot take with the same code as their own faults; only the text
/// tells one from the other.
bool speaks_of_values(std::string_view lower) {
  constexpr std::array<std::string_view, 10> kWords = {
      "shape",     "dimension", "index",        "indices", "out of bounds",
      "broadcast", "mismatch",  "incompatible", "must be", "out of range"};
  return contains_any(lower, kWords);
}

/// Takes `text` out of the front of `message`, up to and with `end`; both must be there.
void drop_prefix(std::string& message, std::string_view text, std::string_view end) {
  if (!message.starts_with(text)) return;
  const auto at = message.find(end);
  if (at != std::string::npos) message.erase(0, at + end.size());
}

/// "Non-zero status code returned while running Gather node. Name:'g' Status Message: text" becomes
/// "Gather node 'g': text".
void shorten_node_failure(std::string& message) {
  constexpr std::string_view kFront = "Non-zero status code returned while running ";
  constexpr std::string_view kName = " node. Name:";
  constexpr std::string_view kStatus = " Status Message: ";
  const auto name = message.find(kName);
  const auto status = message.find(kStatus);
  if (!message.starts_with(kFront) || name == std::string::npos || status == std::string::npos ||
      name < kFront.size() || status < name + kName.size()) {
    return;
  }
  const std::string node = message.substr(kFront.size(), name - kFront.size());
  const std::string quoted = message.substr(name + kName.size(), status - name - kName.size());
  message = fmt::format("{} node{}: {}", node, quoted == "''" ? "" : " " + quoted,
                        message.substr(status + kStatus.size()));
}

/// Leaves out build paths and C++ signatures ("/onnxruntime_src/a.cc:45 onnxruntime::F(...) text"),
/// and words that say nothing.
std::string clean_message(std::string_view text) {
  std::string message(text);
  drop_prefix(message, "Load model from ", " failed:");
  shorten_node_failure(message);
  constexpr std::string_view kBuildPath = "/onnxruntime_src/";
  for (auto at = message.find(kBuildPath); at != std::string::npos; at = message.find(kBuildPath)) {
    // The signature ends with its parameter list; without one only the path goes.
    const auto path_end = std::min(message.find(' ', at), message.size());
    const auto signature_end = message.find(") ", path_end);
    message.erase(at, (signature_end == std::string::npos ? path_end : signature_end + 2) - at);
  }
  std::replace_if(message.begin(), message.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  if (message.size() > kMaxMessage) {
    message.resize(kMaxMessage);
    message += "...";
  }
  return message;
}

}  // namespace

Error onnx_error(OrtErrorCode code, std::string_view text, OnnxActivity activity) {
  const std::string lower = lower_case(text);
  Error error{.code = ErrorCode::kInternal, .message = clean_message(text), .retry_after_ms = 0};
  if (speaks_of_memory(lower)) {
    error.code = ErrorCode::kResourceExhausted;
  } else if (activity == OnnxActivity::kLoading) {
    error.code = code == ORT_NO_SUCHFILE ? ErrorCode::kNotFound : ErrorCode::kInvalidArgument;
  } else if (code == ORT_INVALID_ARGUMENT ||
             ((code == ORT_FAIL || code == ORT_RUNTIME_EXCEPTION) && speaks_of_values(lower))) {
    error.code = ErrorCode::kInvalidArgument;
  }
  return error;
}

Status onnx_status(const OrtApi& api, OrtStatus* status, OnnxActivity activity) {
  if (status == nullptr) return {};
  Error error = onnx_error(api.GetErrorCode(status), api.GetErrorMessage(status), activity);
  api.ReleaseStatus(status);
  return std::unexpected(std::move(error));
}

Result<std::unique_ptr<const OnnxLibrary>> OnnxLibrary::open_once() {
  std::unique_ptr<OnnxLibrary> library(new OnnxLibrary);
  TEMPER_TRY(library->api_, open_api());
  const OrtApi& api = *library->api_;
  const auto check = [&api](OrtStatus* status) {
    return onnx_status(api, status, OnnxActivity::kRunning);
  };
  TEMPER_TRY_STATUS(check(api.CreateEnvWithCustomLogger(
      ignore_log, nullptr, ORT_LOGGING_LEVEL_FATAL, "temper", &library->environment_)));
  TEMPER_TRY_STATUS(check(api.DisableTelemetryEvents(library->environment_)));
  TEMPER_TRY_STATUS(
      check(api.CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &library->cpu_memory_)));
  TEMPER_TRY_STATUS(check(api.GetAllocatorWithDefaultOptions(&library->allocator_)));
  return library;
}

Result<const OnnxLibrary*> OnnxLibrary::open() {
  // Kept to the end of the process on purpose, destructors of others may still need it. A failure
  // is kept too: an installation does not mend itself while the program runs.
  static const auto* const kOpened =
      new Result<std::unique_ptr<const OnnxLibrary>>(OnnxLibrary::open_once());
  if (!*kOpened) return std::unexpected(kOpened->error());
  return (*kOpened)->get();
}

}  // namespace temper::runtime
