#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "temper/core/file.h"
#include "temper/model/runtime/golden_runs_fixture.h"
#include "temper/model/runtime/host/memory_limit.h"
#include "temper/model/runtime/onnxruntime/onnxruntime.h"

namespace temper::runtime {
namespace {

using ::testing::HasSubstr;

class OnnxRuntimeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto created = create_onnxruntime();
    ASSERT_TRUE(created.has_value()) << created.error().message;
    runtime_ = std::move(*created);
  }

  std::unique_ptr<Instance> load(const std::string& name) {
    auto instance = runtime_->load({.artifact = golden_model(name)});
    if (!instance) {
      ADD_FAILURE() << name << ": " << instance.error().message;
      return nullptr;
    }
    return std::move(*instance);
  }

  Error load_error(const std::string& name) {
    auto instance = runtime_->load({.artifact = golden_model(name)});
    return instance ? Error{.code = ErrorCode::kInternal, .message = "loaded"} : instance.error();
  }

  static TimePoint after(Duration patience) { return system_clock_instance().now() + patience; }

  std::unique_ptr<Runtime> runtime_;
};

Tensor rows_of_4(std::int64_t rows, float value) {
  return tensor_of<float>(DataType::kFp32, {rows, 4},
                          std::vector<float>(static_cast<std::size_t>(4 * rows), value));
}

TEST_F(OnnxRuntimeTest, AnswersAsTheReferenceDoes) {
  const auto runs = golden_runs();
  ASSERT_GE(runs.size(), 40U);
  for (std::size_t k = 0; k < runs.size(); ++k) {
    SCOPED_TRACE(runs[k].model + ", case " + std::to_string(k));
    const auto instance = load(runs[k].model);
    ASSERT_NE(instance, nullptr);
    ASSERT_TRUE(check_inputs(instance->signature(), runs[k].inputs).has_value());
    const auto answer = run_all(*instance, runs[k].inputs);
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    ASSERT_EQ(answer->size(), runs[k].outputs.size());
    for (std::size_t i = 0; i < answer->size(); ++i) {
      EXPECT_TRUE(same_tensor((*answer)[i], runs[k].outputs[i])) << "output " << i;
    }
  }
}

TEST_F(OnnxRuntimeTest, ReadsTheSignature) {
  const auto instance = load("two_inputs");
  const Signature expected{
      .inputs = {{.name = "x",
                  .datatype = DataType::kFp32,
                  .shape = {-1, 4},
                  .dimension_names = {"N", ""}},
                 {.name = "age",
                  .datatype = DataType::kInt64,
                  .shape = {-1, 1},
                  .dimension_names = {"N", ""}}},
      .outputs = {
          {.name = "scaled",
           .datatype = DataType::kFp32,
           .shape = {-1, 4},
           .dimension_names = {"N", ""}},
          {.name = "next_age",
           .datatype = DataType::kInt64,
           .shape = {-1, 1},
           .dimension_names = {"N", ""}},
          {.name = "total", .datatype = DataType::kFp32, .shape = {}, .dimension_names = {}}}};
  EXPECT_EQ(instance->signature(), expected);
}

TEST_F(OnnxRuntimeTest, GivesOnlyTheOutputsAskedForInTheOrderAsked) {
  const auto instance = load("linear");
  const std::vector<Tensor> inputs = {rows_of_4(2, 0.5F)};
  const std::vector<std::size_t> outputs = {1, 0};
  const auto answer = instance->run({.inputs = inputs, .outputs = outputs});
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ((*answer)[0].datatype, DataType::kInt64);
  EXPECT_EQ((*answer)[1].shape, (Shape{2, 3}));
}

TEST_F(OnnxRuntimeTest, OutputsOutliveTheInstanceAndTheInputs) {
  std::vector<Tensor> answer;
  {
    const auto instance = load("passthrough");
    const std::vector<Tensor> inputs = {rows_of_4(2, 7.0F)};
    answer = run_all(*instance, inputs).value();
    for (const Tensor& output : answer) {
      EXPECT_FALSE(output.data.data() >= inputs[0].data.data() &&
                   output.data.data() < inputs[0].data.data() + inputs[0].data.size());
    }
  }
  ASSERT_EQ(answer[0].data.size(), 32U);
  EXPECT_EQ(*reinterpret_cast<const float*>(answer[0].data.data()), 7.0F);
  EXPECT_EQ(answer[1].shape, (Shape{2, 2}));
}

TEST_F(OnnxRuntimeTest, TakesBytesAtAnyAddress) {
  const auto instance = load("linear");
  const Tensor aligned = rows_of_4(3, 0.25F);
  std::vector<std::byte> shifted(aligned.data.size() + 1);
  std::copy(aligned.data.begin(), aligned.data.end(), shifted.begin() + 1);
  Tensor crooked = aligned;
  crooked.data = std::span(shifted).subspan(1);
  const auto expected = run_all(*instance, std::span(&aligned, 1));
  const auto answer = run_all(*instance, std::span(&crooked, 1));
  ASSERT_TRUE(expected.has_value() && answer.has_value());
  EXPECT_TRUE(same_tensor((*expected)[0], (*answer)[0]));
}

TEST_F(OnnxRuntimeTest, StringsKeepTheirNulBytes) {
  const auto instance = load("all_types");
  auto inputs = golden_runs()[0].inputs;  // all_types, 1 row
  const std::vector<std::string> strings = {std::string("a\0b", 3), "", "\xff"};
  inputs.back() = Tensor::of_strings({1, 3}, strings);
  const auto answer = run_all(*instance, inputs);
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_TRUE(same_tensor(answer->back(), inputs.back()));
}

TEST_F(OnnxRuntimeTest, CutsAnEndlessLoopAtItsDeadline) {
  const auto instance = load("hostile_endless");
  const std::vector<Tensor> inputs = {rows_of_4(1, 1)};
  const auto begin = system_clock_instance().now();
  const auto answer = run_all(*instance, inputs, after(std::chrono::milliseconds(50)));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::kDeadlineExceeded) << answer.error().message;
  const auto took = system_clock_instance().now() - begin;
  EXPECT_GE(took, std::chrono::milliseconds(50));
  EXPECT_LT(took, std::chrono::seconds(10));
}

TEST_F(OnnxRuntimeTest, ARunAfterACutOneIsWhole) {
  const auto endless = load("hostile_endless");
  const auto linear = load("linear");
  const std::vector<Tensor> inputs = {rows_of_4(1, 1)};
  for (int k = 0; k < 3; ++k) {
    EXPECT_FALSE(run_all(*endless, inputs, after(std::chrono::milliseconds(5))).has_value());
    EXPECT_TRUE(run_all(*linear, inputs, after(std::chrono::minutes(1))).has_value());
  }
}

TEST_F(OnnxRuntimeTest, CutsEachRunAtItsOwnDeadline) {
  const auto instance = load("hostile_endless");
  const std::vector<Tensor> inputs = {rows_of_4(1, 1)};
  const auto run_for = [&](int milliseconds) {
    const auto deadline = after(std::chrono::milliseconds(milliseconds));
    const auto answer = run_all(*instance, inputs, deadline);
    EXPECT_EQ(answer.error().code, ErrorCode::kDeadlineExceeded);
    EXPECT_GE(system_clock_instance().now(), deadline);
  };
  // The later deadline is armed first, so the watch has to be woken for the earlier one.
  std::jthread late(run_for, 400);
  std::jthread soon(run_for, 20);
}

TEST_F(OnnxRuntimeTest, ValuesThatTheModelCannotTakeAreTheCallersFault) {
  const auto embedding = load("embedding");
  const std::vector<Tensor> far = {tensor_of<std::int64_t>(DataType::kInt64, {1, 3}, {0, 1, 999})};
  const auto answer = run_all(*embedding, far);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::kInvalidArgument) << answer.error().message;
  EXPECT_THAT(answer.error().message, HasSubstr("999"));
  EXPECT_THAT(answer.error().message, ::testing::Not(HasSubstr("onnxruntime_src")));
}

#if !TEMPER_SANITIZED  // no memory limit can be set there
TEST_F(OnnxRuntimeTest, MoreMemoryThanThereIsIsResourceExhausted) {
  const auto instance = load("hostile_memory");
  // 2^40 rows of 2^32 floats would be more than an address space: no machine has it.
  const std::vector<Tensor> inputs = {rows_of_4(1 << 16, 1)};
  const auto answer = run_all(*instance, inputs);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::kResourceExhausted) << answer.error().message;
}
#endif

TEST_F(OnnxRuntimeTest, RefusesWhatItCannotServeWithAReason) {
  EXPECT_EQ(load_error("no_such_file").code, ErrorCode::kNotFound);
  const Error unknown = load_error("unknown_operator");
  EXPECT_EQ(unknown.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(unknown.message, HasSubstr("Frobnicate"));
  const Error sequence = load_error("sequence_output");
  EXPECT_EQ(sequence.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(sequence.message, HasSubstr("'s' is a sequence"));
}

TEST_F(OnnxRuntimeTest, RefusesZeroThreads) {
  const auto instance = runtime_->load({.artifact = golden_model("linear"), .intra_op_threads = 0});
  EXPECT_EQ(instance.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(OnnxRuntimeTest, AnswersTheSameWithMoreThreads) {
  const auto two = runtime_->load({.artifact = golden_model("linear"), .intra_op_threads = 2});
  ASSERT_TRUE(two.has_value());
  const std::vector<Tensor> inputs = {rows_of_4(5, 0.5F)};
  const auto answer = run_all(**two, inputs);
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(same_tensor((*answer)[0], run_all(*load("linear"), inputs).value()[0]));
}

TEST_F(OnnxRuntimeTest, RunsOnSeveralThreadsAtOnce) {
  const auto instance = load("linear");
  const std::vector<Tensor> inputs = {rows_of_4(3, 0.5F)};
  const auto expected = run_all(*instance, inputs).value();
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int k = 0; k < 200; ++k) {
        const auto answer = run_all(*instance, inputs, after(std::chrono::minutes(1)));
        ASSERT_TRUE(answer.has_value());
        ASSERT_TRUE(same_tensor((*answer)[0], expected[0]));
      }
    });
  }
}

}  // namespace
}  // namespace temper::runtime
