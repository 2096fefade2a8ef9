// How a model runs. Decides nothing about when, for whom, or in what company: that is batching.
//
// A Runtime loads an artifact and gives an Instance; the adapters are onnxruntime/ (in this
// process) and host/ (in a child process `temper host` behind shared memory, where a crash, a leak
// or an endless loop kills only the child). Read this file, then host/host.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "temper/core/clock.h"
#include "temper/core/result.h"
#include "temper/model/tensor/signature.h"
#include "temper/model/tensor/tensor.h"

namespace temper::runtime {

struct LoadOptions {
  std::filesystem::path artifact;
  /// Threads inside one run. More than 1 rarely pays under concurrent load.
  int intra_op_threads = 1;
};

struct RunRequest {
  /// In signature order, already checked by `check_inputs`.
  std::span<const Tensor> inputs;
  /// Indices into the signature's outputs; the answer has these, in this order.
  std::span<const std::size_t> outputs;
  /// The run is cut at this time and answers kDeadlineExceeded. kNever = no limit.
  TimePoint deadline = kNever;
};

/// A loaded model. Thread-safe: several threads may run it at once.
class Instance {
 public:
  virtual ~Instance() = default;
  [[nodiscard]] virtual const Signature& signature() const = 0;

  /// Errors: kInvalidArgument (the model refuses these values), kDeadlineExceeded (cut),
  /// kResourceExhausted (memory limit), kUnavailable (its host died and is being restarted),
  /// kInternal.
  [[nodiscard]] virtual Result<std::vector<Tensor>> run(const RunRequest& request) = 0;
};

class Runtime {
 public:
  virtual ~Runtime() = default;
  /// Loads without warming up. Errors: kInvalidArgument when the file is no model we can run, with
  /// the reason; kResourceExhausted when it does not fit its limits.
  [[nodiscard]] virtual Result<std::unique_ptr<Instance>> load(const LoadOptions& options) = 0;
};

}  // namespace temper::runtime
