// The runtime that runs ONNX models inside this process.
//
// Decides how ONNX Runtime is driven: its library is opened at run time and once per process, logs
// are silent (its errors become ours), threads do not spin, runs are cut at their deadline. Read
// session.h (one loaded model), then deadline_watch.h, then library.h.
#pragma once

#include <memory>

#include "temper/core/result.h"
#include "temper/model/runtime/runtime.h"

namespace temper::runtime {

/// Opens ONNX Runtime where core/shared_library.h looks for libraries.
///
/// Loaded models keep what they need alive; runtimes may be made any number of times.
/// Errors: kFailedPrecondition when the library is nowhere, or too old.
[[nodiscard]] Result<std::unique_ptr<Runtime>> create_onnxruntime();

}  // namespace temper::runtime
