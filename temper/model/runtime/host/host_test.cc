#include "temper/model/runtime/host/host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include "temper/core/file.h"
#include "temper/model/runtime/golden_runs_fixture.h"
#include "temper/model/runtime/host/memory_limit.h"
#include "temper/model/runtime/warm_up.h"

namespace temper::runtime {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

HostConfig config_with(int slots = 1) {
  return HostConfig{.memory_bytes = std::uint64_t{1} << 30,
                    .slots = slots,
                    .slot_bytes = std::uint64_t{32} << 20,
                    .first_restart_delay = milliseconds(20),
                    .longest_restart_delay = milliseconds(100),
                    .program = host_child_program()};
}

Result<std::unique_ptr<Instance>> try_load(const std::string& name, const HostConfig& config) {
  return create_host_runtime(config).value()->load({.artifact = golden_model(name)});
}

std::unique_ptr<HostedInstance> load(const std::string& name,
                                     const HostConfig& config = config_with()) {
  auto instance = try_load(name, config);
  if (!instance) {
    ADD_FAILURE() << name << ": " << instance.error().message;
    return nullptr;
  }
  auto* hosted = dynamic_cast<HostedInstance*>(instance->release());
  return std::unique_ptr<HostedInstance>(hosted);
}

TimePoint after(Duration patience) { return system_clock_instance().now() + patience; }

std::vector<Tensor> rows_of_4(std::int64_t rows) {
  return {tensor_of<float>(DataType::kFp32, {rows, 4},
                           std::vector<float>(static_cast<std::size_t>(4 * rows), 0.5F))};
}

/// Runs again and again until it answers something else than kUnavailable.
Result<std::vector<Tensor>> run_when_back(Instance& instance, std::span<const Tensor> inputs) {
  const TimePoint give_up = after(seconds(30));
  for (;;) {
    auto answer = run_all(instance, inputs, after(seconds(10)));
    if (answer || answer.error().code != ErrorCode::kUnavailable ||
        system_clock_instance().now() > give_up) {
      return answer;
    }
    std::this_thread::yield();
  }
}

TEST(HostTest, AnswersAsTheReferenceDoes) {
  std::string loaded;
  std::unique_ptr<HostedInstance> instance;
  auto runs = golden_runs();
  std::stable_sort(runs.begin(), runs.end(),
                   [](const GoldenRun& a, const GoldenRun& b) { return a.model < b.model; });
  for (const GoldenRun& run : runs) {
    SCOPED_TRACE(run.model);
    if (run.model != loaded) instance = load(run.model);
    loaded = run.model;
    ASSERT_NE(instance, nullptr);
    const auto answer = run_all(*instance, run.inputs);
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    ASSERT_EQ(answer->size(), run.outputs.size());
    for (std::size_t i = 0; i < answer->size(); ++i) {
      EXPECT_TRUE(same_tensor((*answer)[i], run.outputs[i])) << "output " << i;
    }
  }
}

TEST(HostTest, SaysWhyAModelDoesNotLoad) {
  const auto unknown = try_load("unknown_operator", config_with());
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(unknown.error().message, HasSubstr("Frobnicate"));
  EXPECT_EQ(try_load("none", config_with()).error().code, ErrorCode::kNotFound);
}

TEST(HostTest, ErrorsOfARunKeepTheirKind) {
  const auto instance = load("embedding");
  const std::vector<Tensor> far = {tensor_of<std::int64_t>(DataType::kInt64, {1, 3}, {0, 1, 999})};
  const auto answer = run_all(*instance, far);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(answer.error().message, HasSubstr("999"));
}

TEST(HostTest, CutsAnEndlessLoopAndKeepsTheChild) {
  HostConfig config = config_with();
  config.grace = seconds(20);  // so that it is the child that cuts, however slow the machine is
  const auto instance = load("hostile_endless", config);
  const auto pid = instance->pid();
  for (int k = 0; k < 3; ++k) {
    const auto answer = run_all(*instance, rows_of_4(1), after(milliseconds(20)));
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code, ErrorCode::kDeadlineExceeded);
  }
  EXPECT_EQ(instance->pid(), pid);
}

TEST(HostTest, KillsAChildThatDoesNotCut) {
  HostConfig config = config_with();
  config.grace = milliseconds(50);
  const auto instance = load("linear", config);
  ASSERT_EQ(::kill(*instance->pid(), SIGSTOP), 0);
  const auto answer = run_all(*instance, rows_of_4(1), after(milliseconds(20)));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_THAT(answer.error().message, HasSubstr("killed"));
  EXPECT_TRUE(run_when_back(*instance, rows_of_4(1)).has_value());
  EXPECT_EQ(instance->restarts(), 1U);
}

#if !TEMPER_SANITIZED  // no memory limit can be set there
TEST(HostTest, AModelThatTakesTooMuchMemoryFailsAloneAndServesOn) {
  const auto instance = load("asks_for_memory");
  const std::vector<Tensor> greedy = {
      tensor_of<std::int64_t>(DataType::kInt64, {1}, {std::int64_t{1} << 33})};
  const std::vector<Tensor> modest = {tensor_of<std::int64_t>(DataType::kInt64, {1}, {10})};
  for (int k = 0; k < 3; ++k) {
    const auto answer = run_all(*instance, greedy, after(seconds(20)));
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code, ErrorCode::kResourceExhausted) << answer.error().message;
    EXPECT_TRUE(run_when_back(*instance, modest).has_value());
  }
}
#endif

class DyingHostTest : public ::testing::TestWithParam<int> {};

TEST_P(DyingHostTest, ARunUnderWayIsUnavailableAndTheHostComesBack) {
  const auto instance = load("hostile_endless");
  const pid_t pid = *instance->pid();
  std::jthread killer([pid] { ::kill(pid, GetParam()); });
  const auto answer = run_all(*instance, rows_of_4(1), after(seconds(30)));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable) << answer.error().message;
  EXPECT_GT(answer.error().retry_after_ms, 0);
  // It is back once a run ends by its deadline instead.
  const TimePoint give_up = after(seconds(30));
  auto code = ErrorCode::kUnavailable;
  while (code == ErrorCode::kUnavailable && system_clock_instance().now() < give_up) {
    code = run_all(*instance, rows_of_4(1), after(milliseconds(50))).error().code;
  }
  EXPECT_EQ(code, ErrorCode::kDeadlineExceeded);
  EXPECT_NE(instance->pid(), pid);
}

INSTANTIATE_TEST_SUITE_P(Signals, DyingHostTest, ::testing::Values(SIGKILL, SIGSEGV, SIGABRT));

TEST(HostTest, RunsFailFastWhileItIsRestarted) {
  HostConfig config = config_with();
  config.first_restart_delay = seconds(20);
  config.longest_restart_delay = seconds(20);
  const auto instance = load("linear", config);
  ::kill(*instance->pid(), SIGKILL);
  const TimePoint give_up = after(seconds(10));
  while (instance->pid() && system_clock_instance().now() < give_up) std::this_thread::yield();
  const TimePoint begin = system_clock_instance().now();
  const auto answer = run_all(*instance, rows_of_4(1), after(seconds(60)));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_GT(answer.error().retry_after_ms, 1000);
  EXPECT_LT(system_clock_instance().now() - begin, seconds(5));
}

TEST(HostTest, SeveralThreadsShareTheSlots) {
  const auto instance = load("linear", config_with(2));
  const auto inputs = rows_of_4(3);
  const auto expected = run_all(*instance, inputs).value();
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int k = 0; k < 200; ++k) {
        const auto answer = run_all(*instance, inputs, after(seconds(60)));
        ASSERT_TRUE(answer.has_value()) << answer.error().message;
        ASSERT_TRUE(same_tensor((*answer)[0], expected[0]));
      }
    });
  }
}

TEST(HostTest, NoFreeSlotBeforeTheDeadlineIsDeadlineExceeded) {
  HostConfig config = config_with(1);
  config.grace = seconds(20);
  const auto instance = load("hostile_endless", config);
  std::jthread occupant([&] {
    EXPECT_FALSE(run_all(*instance, rows_of_4(1), after(milliseconds(500))).has_value());
  });
  const auto answer = run_all(*instance, rows_of_4(1), after(milliseconds(20)));
  EXPECT_EQ(answer.error().code, ErrorCode::kDeadlineExceeded);
}

TEST(HostTest, TensorsLargerThanASlotAreRefusedAndLargeOnesServed) {
  const auto instance = load("linear");
  const auto large = run_all(*instance, rows_of_4(1'000'000));  // 16 MB in, 20 MB out
  ASSERT_TRUE(large.has_value()) << large.error().message;
  EXPECT_EQ((*large)[0].shape, (Shape{1'000'000, 3}));
  const auto too_large = run_all(*instance, rows_of_4(3'000'000));
  EXPECT_EQ(too_large.error().code, ErrorCode::kResourceExhausted);
  EXPECT_TRUE(run_all(*instance, rows_of_4(1)).has_value());
}

TEST(HostTest, OutputsLargerThanASlotAreRefused) {
  HostConfig config = config_with();
  config.slot_bytes = std::uint64_t{64} << 10;
  const auto instance = load("linear", config);
  // 3,800 rows: 60.8 kB in fit, 45.6 kB and 30.4 kB out do not.
  const auto answer = run_all(*instance, rows_of_4(3'800));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::kResourceExhausted) << answer.error().message;
  EXPECT_TRUE(run_all(*instance, rows_of_4(1)).has_value());
}

TEST(HostTest, WarmsUpAsInProcess) {
  const auto instance = load("two_inputs");
  EXPECT_TRUE(warm_up(*instance, 16, after(seconds(30))).has_value());
  const auto picky = load("picky");
  EXPECT_EQ(warm_up(*picky, 1, after(seconds(30))).error().code, ErrorCode::kInvalidArgument);
}

TEST(HostTest, DestroyingTheInstanceEndsItsChild) {
  auto instance = load("linear");
  const pid_t pid = *instance->pid();
  ASSERT_EQ(::kill(pid, 0), 0);
  instance.reset();
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST(HostTest, ImpossibleConfigurationsAreRefusedByName) {
  HostConfig config = config_with(0);
  EXPECT_THAT(create_host_runtime(config).error().message, HasSubstr("slots"));
  config = config_with();
  config.slot_bytes = 1;
  EXPECT_THAT(create_host_runtime(config).error().message, HasSubstr("slot_bytes"));
  config = config_with();
  config.grace = Duration{0};
  EXPECT_THAT(create_host_runtime(config).error().message, HasSubstr("grace"));
}

}  // namespace
}  // namespace temper::runtime
