#include "temper/model/runtime/onnxruntime/library.h"

#include <gtest/gtest.h>

namespace temper::runtime {
namespace {

TEST(OnnxErrorTest, WhileLoadingTheFileIsAtFault) {
  EXPECT_EQ(onnx_error(ORT_FAIL, "bad graph", OnnxActivity::kLoading).code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(onnx_error(ORT_NO_SUCHFILE, "gone", OnnxActivity::kLoading).code, ErrorCode::kNotFound);
  EXPECT_EQ(onnx_error(ORT_FAIL, "std::bad_alloc", OnnxActivity::kLoading).code,
            ErrorCode::kResourceExhausted);
}

TEST(OnnxErrorTest, WhileRunningTheTextTellsTheCallersFaultFromTheEngines) {
  EXPECT_EQ(onnx_error(ORT_INVALID_ARGUMENT, "x", OnnxActivity::kRunning).code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(onnx_error(ORT_RUNTIME_EXCEPTION, "the input cannot be reshaped to the requested shape",
                       OnnxActivity::kRunning)
                .code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(onnx_error(ORT_RUNTIME_EXCEPTION, "thread pool gone", OnnxActivity::kRunning).code,
            ErrorCode::kInternal);
  EXPECT_EQ(onnx_error(ORT_RUNTIME_EXCEPTION,
                       "Failed to allocate memory for requested buffer of "
                       "size 17179869184 of shape {4294967296}",
                       OnnxActivity::kRunning)
                .code,
            ErrorCode::kResourceExhausted);
}

TEST(OnnxErrorTest, LeavesOutBuildPathsAndSignatures) {
  const Error error = onnx_error(
      ORT_FAIL,
      "Node 'n': /onnxruntime_src/onnxruntime/core/graph.cc:256 void onnxruntime::F(const A&, "
      "B<C>&&) bad\nthing",
      OnnxActivity::kRunning);
  EXPECT_EQ(error.message, "Node 'n': bad thing");
}

TEST(OnnxErrorTest, NamesTheNodeInFewWords) {
  const auto message = [](const char* text) {
    return onnx_error(ORT_FAIL, text, OnnxActivity::kRunning).message;
  };
  EXPECT_EQ(message("Non-zero status code returned while running Gather node. Name:'g' Status "
                    "Message: idx=9 is out"),
            "Gather node 'g': idx=9 is out");
  EXPECT_EQ(message("Non-zero status code returned while running Gather node. Name:'' Status "
                    "Message: idx=9 is out"),
            "Gather node: idx=9 is out");
  EXPECT_EQ(message("Load model from /a/b.onnx failed:No Op registered"), "No Op registered");
  EXPECT_EQ(message("Load model from here"), "Load model from here");
}

TEST(OnnxErrorTest, CutsLongTexts) {
  const Error error = onnx_error(ORT_FAIL, std::string(5000, 'x'), OnnxActivity::kRunning);
  EXPECT_EQ(error.message.size(), 403U);
}

}  // namespace
}  // namespace temper::runtime
