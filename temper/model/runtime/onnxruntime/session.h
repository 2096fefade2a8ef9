// One loaded model in this process.
#pragma once

#include <memory>

#include "temper/model/runtime/onnxruntime/deadline_watch.h"
#include "temper/model/runtime/onnxruntime/library.h"
#include "temper/model/runtime/runtime.h"

namespace temper::runtime {

class OnnxInstance final : public Instance {
 public:
  /// Inspects the file first: external data and malformed graphs never reach ONNX Runtime.
  static Result<std::unique_ptr<Instance>> load(const OnnxLibrary& library,
                                                const LoadOptions& options);

  [[nodiscard]] const Signature& signature() const override { return signature_; }
  /// Numeric outputs are ONNX Runtime's own memory, not copies; they may outlive this instance.
  [[nodiscard]] Result<std::vector<Tensor>> run(const RunRequest& request) override;

 private:
  OnnxInstance(const OnnxLibrary& library, std::shared_ptr<OrtSession> session,
               Signature signature);
  [[nodiscard]] Result<std::vector<Tensor>> run_values(const RunRequest& request);

  // constant after construction; ONNX Runtime's sessions may be run by several threads
  const OnnxLibrary& library_;
  DeadlineWatch& watch_;
  /// Shared with outputs.
  const std::shared_ptr<OrtSession> session_;
  const Signature signature_;
  std::vector<const char*> input_names_;
};

}  // namespace temper::runtime
