#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>
#include <nlohmann/json.hpp>
#include <utility>

#include "temper/core/child_process.h"
#include "temper/core/file.h"
#include "temper/renew/trainers/xgboost/xgboost.h"

// The folder between parent and child holds job.json, and after the child's end result.json (a
// report or an error) and, where it succeeded, model.onnx.
namespace temper::renew::xgboost {
namespace {

constexpr const char* kJobFile = "job.json";
constexpr const char* kResultFile = "result.json";
constexpr const char* kModelFile = "model.onnx";
constexpr Duration kPatience = std::chrono::hours(24);

std::string memory_text(std::uint64_t bytes) { return fmt::format("{} MiB", bytes >> 20); }

std::string result_json(const Result<TrainReport>& result) {
  using nlohmann::json;
  if (result) return fmt::format(R"({{"report":{}}})", to_json(*result));
  return json{
      {"error",
       {{"code", static_cast<int>(result.error().code)}, {"message", result.error().message}}}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<TrainReport> parse_result(std::string_view text) {
  using nlohmann::json;
  try {
    const json result = json::parse(text);
    if (result.contains("report")) return parse_train_report(result.at("report").dump());
    return std::unexpected(Error{.code = static_cast<ErrorCode>(result.at("error").at("code")),
                                 .message = result.at("error").at("message"),
                                 .retry_after_ms = 0});
  } catch (const json::exception& error) {
    return fail(ErrorCode::kInternal, "the training process left no readable result: {}",
                error.what());
  }
}

/// One line for each tenth of each step.
class ProgressLines {
 public:
  void operator()(std::string_view step, int percent) {
    if (step == step_ && percent / 10 == percent_ / 10) return;
    step_ = step;
    percent_ = percent;
    fmt::print(stderr, "temper: {} {} %\n", step, percent);
  }

 private:
  std::string step_;
  int percent_ = -1;
};

Result<TrainReport> train_into(const std::filesystem::path& folder,
                               const RuntimeFactory& make_runtime) {
  TEMPER_TRY(const std::string text, read_file(folder / kJobFile));
  TEMPER_TRY(const TrainJob job, parse_train_job(text));
  try {
    TEMPER_TRY(const auto runtime, make_runtime());
    TEMPER_TRY(Trained trained, train(job, *runtime, ProgressLines()));
    TEMPER_TRY_STATUS(write_file_atomically(folder / kModelFile, trained.onnx));
    return std::move(trained.report);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kResourceExhausted, "the memory limit of {} does not suffice",
                memory_text(job.memory_bytes));
  }
}

/// Said before hours of training, not after.
Status check_writable(const std::filesystem::path& out) {
  const auto folder = out.has_parent_path() ? out.parent_path() : std::filesystem::path(".");
  if (::access(folder.c_str(), W_OK | X_OK) == 0) return {};
  return fail(ErrorCode::kNotFound, "{} cannot be written: {}", out.string(), std::strerror(errno));
}

/// What a child without a result died of.
Error error_of_exit(const ChildExit& exit, const TrainJob& job) {
  const bool by_memory =
      exit.signalled && (exit.code == SIGKILL || exit.code == SIGABRT || exit.code == SIGSEGV);
  return Error{.code = by_memory ? ErrorCode::kResourceExhausted : ErrorCode::kInternal,
               .message = fmt::format("the training process ended with {}{}", exit.to_string(),
                                      by_memory ? fmt::format("; so it ends when its memory limit "
                                                              "of {} does not suffice",
                                                              memory_text(job.memory_bytes))
                                                : ""),
               .retry_after_ms = 0};
}

}  // namespace

Result<TrainReport> train_in_child(const TrainJob& job, const std::filesystem::path& out) {
  TEMPER_TRY_STATUS(job.validate());
  TEMPER_TRY_STATUS(check_writable(out));
  TEMPER_TRY(const TemporaryFolder folder, TemporaryFolder::create("temper-train"));
  TEMPER_TRY_STATUS(write_file_atomically(folder.path() / kJobFile, to_json(job), 0600));
  TEMPER_TRY(ChildProcess child,
             ChildProcess::spawn({.argv = {own_program_path(), "trainer", folder.path().string()},
                                  .limits = {.memory_bytes = job.memory_bytes},
                                  .inherit = {},
                                  .output_file = {}}));
  const auto exit = child.wait(kPatience);
  if (!exit) {
    child.kill();
    return fail(ErrorCode::kDeadlineExceeded, "training did not end within 24 hours");
  }
  if (!std::filesystem::exists(folder.path() / kResultFile)) {
    return std::unexpected(error_of_exit(*exit, job));
  }
  TEMPER_TRY(const std::string text, read_file(folder.path() / kResultFile));
  TEMPER_TRY(TrainReport report, parse_result(text));
  TEMPER_TRY(const std::string onnx, read_file(folder.path() / kModelFile));
  TEMPER_TRY_STATUS(write_file_atomically(out, onnx));
  return report;
}

int run_child(const std::filesystem::path& folder, const RuntimeFactory& make_runtime) {
  const Result<TrainReport> result = train_into(folder, make_runtime);
  const auto written = write_file_atomically(folder / kResultFile, result_json(result));
  return written ? 0 : 1;
}

}  // namespace temper::renew::xgboost
