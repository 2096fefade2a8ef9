// What ONNX Runtime alone gives: its own API in a loop, nothing of Temper in between.
//
//   ort_loop MODEL [--batch 1,2,4] [--threads 1] [--seconds 2] [--seq 32] [--bound 20000]
//
// Each thread calls Run on one shared session (one intra-op thread, spinning off). Prints one JSON
// line per batch size: runs and rows per second, median time of a run.

#define ORT_API_MANUAL_INIT
#include <onnxruntime_cxx_api.h>
#undef ORT_API_MANUAL_INIT

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "temper/core/clock.h"
#include "temper/core/rng.h"
#include "temper/core/shared_library.h"

namespace {

struct Arguments {
  std::string model;
  std::vector<std::int64_t> batches = {1};
  int threads = 1;
  double seconds = 2;
  /// Size of free dimensions behind the first, and bound of integers (token ids).
  std::int64_t seq = 32;
  std::uint64_t bound = 20'000;
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  if (argc < 2) {
    std::fprintf(stderr, "usage: ort_loop MODEL [--batch 1,2,4] [--threads N] [--seconds S]\n");
    std::exit(2);
  }
  arguments.model = argv[1];
  for (int k = 2; k + 1 < argc; k += 2) {
    const std::string_view flag = argv[k];
    const char* value = argv[k + 1];
    if (flag == "--threads") arguments.threads = std::atoi(value);
    if (flag == "--seconds") arguments.seconds = std::atof(value);
    if (flag == "--seq") arguments.seq = std::atoll(value);
    if (flag == "--bound") arguments.bound = static_cast<std::uint64_t>(std::atoll(value));
    if (flag == "--batch") {
      arguments.batches.clear();
      for (const char* at = value; *at != '\0';) {
        char* end = nullptr;
        arguments.batches.push_back(std::strtoll(at, &end, 10));
        at = *end == ',' ? end + 1 : end;
        if (end == at) break;
      }
    }
  }
  return arguments;
}

/// One input's bytes and shape, filled at random.
struct Input {
  std::string name;
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
  std::vector<std::int64_t> shape;
  std::vector<float> floats;
  std::vector<std::int64_t> integers;

  [[nodiscard]] Ort::Value view(const Ort::MemoryInfo& memory) {
    if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64) {
      return Ort::Value::CreateTensor<std::int64_t>(memory, integers.data(), integers.size(),
                                                    shape.data(), shape.size());
    }
    return Ort::Value::CreateTensor<float>(memory, floats.data(), floats.size(), shape.data(),
                                           shape.size());
  }
};

std::vector<Input> make_inputs(const Ort::Session& session, std::int64_t batch,
                               const Arguments& arguments) {
  temper::Rng rng(1);
  std::vector<Input> inputs;
  Ort::AllocatorWithDefaultOptions allocator;
  for (std::size_t k = 0; k < session.GetInputCount(); ++k) {
    Input input;
    input.name = session.GetInputNameAllocated(k, allocator).get();
    const Ort::TypeInfo info = session.GetInputTypeInfo(k);
    const auto tensor = info.GetTensorTypeAndShapeInfo();
    input.type = tensor.GetElementType();
    input.shape = tensor.GetShape();
    std::size_t count = 1;
    for (std::size_t d = 0; d < input.shape.size(); ++d) {
      if (input.shape[d] < 0) input.shape[d] = d == 0 ? batch : arguments.seq;
      count *= static_cast<std::size_t>(input.shape[d]);
    }
    // A mask of zeros would make an encoder's work unlike real work, so it is ones.
    const bool mask = input.name.find("mask") != std::string::npos;
    const bool types = input.name.find("type") != std::string::npos;
    for (std::size_t e = 0; e < count; ++e) {
      if (input.type == ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64) {
        const auto id = static_cast<std::int64_t>(rng.below(arguments.bound));
        input.integers.push_back(mask ? 1 : types ? 0 : id);
      } else {
        input.floats.push_back(static_cast<float>(rng.normal()));
      }
    }
    inputs.push_back(std::move(input));
  }
  return inputs;
}

/// What one thread did: the times of its runs in nanoseconds, and its rate over its own time, since
/// the last run ends after the others' and may be long.
struct ThreadRuns {
  std::vector<double> times;
  double per_second = 0;
};

ThreadRuns run_for(Ort::Session& session, std::vector<Input> inputs, double seconds) {
  const temper::Clock& clock = temper::system_clock_instance();
  const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  std::vector<const char*> names;
  std::vector<Ort::Value> values;
  for (Input& input : inputs) {
    names.push_back(input.name.c_str());
    values.push_back(input.view(memory));
  }
  std::vector<std::string> output_names;
  std::vector<const char*> outputs;
  Ort::AllocatorWithDefaultOptions allocator;
  for (std::size_t k = 0; k < session.GetOutputCount(); ++k) {
    output_names.emplace_back(session.GetOutputNameAllocated(k, allocator).get());
  }
  for (const std::string& name : output_names) outputs.push_back(name.c_str());
  const auto run = [&] {
    auto results = session.Run(Ort::RunOptions{nullptr}, names.data(), values.data(), values.size(),
                               outputs.data(), outputs.size());
  };
  for (int k = 0; k < 3; ++k) run();
  ThreadRuns done;
  const auto start = clock.now();
  const auto end = start + temper::Duration(static_cast<std::int64_t>(seconds * 1e9));
  auto before = start;
  while (before < end) {
    run();
    const auto after = clock.now();
    done.times.push_back(static_cast<double>((after - before).count()));
    before = after;
  }
  done.per_second =
      1e9 * static_cast<double>(done.times.size()) / static_cast<double>((before - start).count());
  return done;
}

void measure(Ort::Session& session, std::int64_t batch, const Arguments& arguments) {
  std::mutex mutex;
  std::vector<double> times;
  double runs = 0;
  {
    std::vector<std::jthread> threads;
    for (int k = 0; k < arguments.threads; ++k) {
      threads.emplace_back([&] {
        const auto mine =
            run_for(session, make_inputs(session, batch, arguments), arguments.seconds);
        const std::scoped_lock lock(mutex);
        times.insert(times.end(), mine.times.begin(), mine.times.end());
        runs += mine.per_second;
      });
    }
  }
  std::ranges::sort(times);
  std::printf(
      "{\"batch\":%lld,\"threads\":%d,\"runs_per_s\":%.1f,\"rows_per_s\":%.1f,\"run_us_p50\":%.2f}"
      "\n",
      static_cast<long long>(batch), arguments.threads, runs, runs * static_cast<double>(batch),
      times[times.size() / 2] / 1e3);
  std::fflush(stdout);
}

int run(const Arguments& arguments) {
  const auto library = temper::SharedLibrary::open(
      {.file = "libonnxruntime.so.1.32.0", .deps_folder = "onnxruntime/lib"});
  if (!library) {
    std::fprintf(stderr, "ort_loop: %s\n", library.error().message.c_str());
    return 3;
  }
  const OrtApiBase* (*get_base)() = nullptr;
  if (!library->bind(get_base, "OrtGetApiBase")) return 3;
  Ort::InitApi(get_base()->GetApi(ORT_API_VERSION));
  const Ort::Env env(ORT_LOGGING_LEVEL_ERROR, "ort_loop");
  Ort::SessionOptions options;
  options.SetIntraOpNumThreads(1);
  options.SetInterOpNumThreads(1);
  options.AddConfigEntry("session.intra_op.allow_spinning", "0");
  Ort::Session session(env, arguments.model.c_str(), options);
  for (const std::int64_t batch : arguments.batches) measure(session, batch, arguments);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(parse(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ort_loop: %s\n", error.what());
    return 3;
  }
}
