// For benchmarks: the multi-layer perceptron 50-512-512-10, written as a file with seeded weights.
#pragma once

#include <onnx.pb.h>

#include <filesystem>
#include <string>
#include <vector>

#include "temper/core/check.h"
#include "temper/core/file.h"
#include "temper/core/rng.h"
#include "temper/model/tensor/tensor.h"

namespace temper::runtime {

inline void add_bench_layer(onnx::GraphProto& graph, Rng& rng, int index, std::int64_t in,
                            std::int64_t out) {
  const std::string k = std::to_string(index);
  onnx::TensorProto* weights = graph.add_initializer();
  weights->set_name("w" + k);
  weights->set_data_type(onnx::TensorProto::FLOAT);
  weights->add_dims(in);
  weights->add_dims(out);
  for (std::int64_t i = 0; i < in * out; ++i) {
    weights->add_float_data(static_cast<float>(rng.normal() * 0.05));
  }
  onnx::TensorProto* bias = graph.add_initializer();
  bias->set_name("b" + k);
  bias->set_data_type(onnx::TensorProto::FLOAT);
  bias->add_dims(out);
  for (std::int64_t i = 0; i < out; ++i) bias->add_float_data(0.01F);
  onnx::NodeProto* gemm = graph.add_node();
  gemm->set_op_type("Gemm");
  gemm->add_input(index == 0 ? "x" : "h" + std::to_string(index - 1));
  gemm->add_input("w" + k);
  gemm->add_input("b" + k);
  gemm->add_output(index == 2 ? "y" : "g" + k);
  if (index == 2) return;
  onnx::NodeProto* relu = graph.add_node();
  relu->set_op_type("Relu");
  relu->add_input("g" + k);
  relu->add_output("h" + k);
}

inline std::filesystem::path write_bench_mlp(const std::filesystem::path& folder) {
  Rng rng(42);
  onnx::ModelProto model;
  model.set_ir_version(9);
  model.add_opset_import()->set_version(17);
  onnx::GraphProto& graph = *model.mutable_graph();
  graph.set_name("mlp");
  const auto add_value = [](onnx::ValueInfoProto* value, const char* name, std::int64_t columns) {
    value->set_name(name);
    auto* type = value->mutable_type()->mutable_tensor_type();
    type->set_elem_type(onnx::TensorProto::FLOAT);
    type->mutable_shape()->add_dim()->set_dim_param("N");
    type->mutable_shape()->add_dim()->set_dim_value(columns);
  };
  add_value(graph.add_input(), "x", 50);
  add_value(graph.add_output(), "y", 10);
  add_bench_layer(graph, rng, 0, 50, 512);
  add_bench_layer(graph, rng, 1, 512, 512);
  add_bench_layer(graph, rng, 2, 512, 10);
  const auto path = folder / "mlp.onnx";
  TEMPER_CHECK(write_file_atomically(path, model.SerializeAsString()).has_value());
  return path;
}

inline Tensor bench_rows(std::int64_t rows) {
  Rng rng(7);
  std::vector<float> values(static_cast<std::size_t>(rows * 50));
  for (float& value : values) value = static_cast<float>(rng.normal());
  return Tensor::copy_of(DataType::kFp32, {rows, 50}, std::as_bytes(std::span(values)));
}

}  // namespace temper::runtime
