// For tests and benchmarks: the models of tests/golden/runtime and the runs recorded for them.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "temper/core/child_process.h"
#include "temper/model/runtime/runtime.h"

namespace temper::runtime {

inline std::filesystem::path golden_folder() {
  const char* root = std::getenv("TEMPER_SOURCE_DIR");
  return std::filesystem::path(root == nullptr ? "." : root) / "tests/golden/runtime";
}

inline std::filesystem::path golden_model(const std::string& name) {
  return golden_folder() / (name + ".onnx");
}

/// The program that stands in for `temper host`, built among the tests; benchmarks find it too.
inline std::string host_child_program() {
  const auto folder = std::filesystem::path(own_program_path()).parent_path().parent_path();
  return (folder / "tests" / "runtime_host_child").string();
}

struct GoldenRun {
  std::string model;
  std::vector<Tensor> inputs;
  std::vector<Tensor> outputs;
};

inline Tensor golden_tensor(const nlohmann::json& entry) {
  const auto type = parse_data_type(entry.at("datatype").get<std::string>()).value();
  auto shape = entry.at("shape").get<Shape>();
  if (type == DataType::kBytes) {
    const auto strings = entry.at("strings").get<std::vector<std::string>>();
    return Tensor::of_strings(std::move(shape), strings);
  }
  const auto hex = entry.at("hex").get<std::string>();
  std::vector<std::byte> bytes(hex.size() / 2);
  for (std::size_t k = 0; k < bytes.size(); ++k) {
    bytes[k] = static_cast<std::byte>(std::stoi(hex.substr(2 * k, 2), nullptr, 16));
  }
  return Tensor::adopt(type, std::move(shape), std::move(bytes));
}

inline std::vector<GoldenRun> golden_runs() {
  std::ifstream file(golden_folder() / "runs.json");
  const auto document = nlohmann::json::parse(file);
  std::vector<GoldenRun> runs;
  for (const auto& entry : document.at("cases")) {
    GoldenRun run{.model = entry.at("model").get<std::string>(), .inputs = {}, .outputs = {}};
    for (const auto& input : entry.at("inputs")) run.inputs.push_back(golden_tensor(input));
    for (const auto& output : entry.at("outputs")) run.outputs.push_back(golden_tensor(output));
    runs.push_back(std::move(run));
  }
  return runs;
}

inline bool same_tensor(const Tensor& a, const Tensor& b) {
  return a.datatype == b.datatype && a.shape == b.shape &&
         std::equal(a.data.begin(), a.data.end(), b.data.begin(), b.data.end());
}

template <typename T>
Tensor tensor_of(DataType type, Shape shape, const std::vector<T>& values) {
  return Tensor::copy_of(type, std::move(shape), std::as_bytes(std::span(values)));
}

/// Runs with every output.
inline Result<std::vector<Tensor>> run_all(Instance& instance, std::span<const Tensor> inputs,
                                           TimePoint deadline = kNever) {
  std::vector<std::size_t> outputs(instance.signature().outputs.size());
  for (std::size_t k = 0; k < outputs.size(); ++k) outputs[k] = k;
  return instance.run({.inputs = inputs, .outputs = outputs, .deadline = deadline});
}

}  // namespace temper::runtime
