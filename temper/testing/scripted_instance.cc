#include "temper/testing/scripted_instance.h"

#include <cstring>
#include <utility>

namespace temper {
namespace {

Signature matrix_signature() {
  return {.inputs = {{.name = "x", .shape = {-1, -1}, .dimension_names = {"rows", "columns"}}},
          .outputs = {{.name = "twice", .shape = {-1, -1}, .dimension_names = {"rows", "columns"}},
                      {.name = "sum", .shape = {-1, 1}, .dimension_names = {"rows", ""}}}};
}

}  // namespace

ScriptedInstance::ScriptedInstance() : ScriptedInstance(double_and_sum) {}

ScriptedInstance::ScriptedInstance(Script script)
    : signature_(matrix_signature()), script_(std::move(script)) {}

Result<std::vector<Tensor>> ScriptedInstance::run(const runtime::RunRequest& request) {
  {
    const std::scoped_lock lock(mutex_);
    runs_.push_back({.rows = request.inputs[0].rows(),
                     .outputs = {request.outputs.begin(), request.outputs.end()},
                     .deadline = request.deadline,
                     .thread = std::this_thread::get_id()});
  }
  gate_.pass();
  return script_(request);
}

std::vector<ScriptedInstance::RecordedRun> ScriptedInstance::runs() const {
  const std::scoped_lock lock(mutex_);
  return runs_;
}

std::vector<std::int64_t> ScriptedInstance::rows_of_runs() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::int64_t> rows;
  rows.reserve(runs_.size());
  for (const RecordedRun& run : runs_) rows.push_back(run.rows);
  return rows;
}

Result<std::vector<Tensor>> double_and_sum(const runtime::RunRequest& request) {
  const Tensor& x = request.inputs[0];
  std::vector<float> twice = values_of(x);
  const std::int64_t columns = x.shape[1];
  std::vector<float> sums(static_cast<std::size_t>(x.rows()));
  for (std::size_t k = 0; k < twice.size(); ++k) {
    if (twice[k] < 0) return fail(ErrorCode::kInvalidArgument, "negative value {}", twice[k]);
    sums[k / static_cast<std::size_t>(columns)] += twice[k];
    twice[k] *= 2;
  }
  std::vector<Tensor> answer;
  answer.reserve(request.outputs.size());
  for (const std::size_t output : request.outputs) {
    answer.push_back(output == 0 ? matrix(columns, twice) : matrix(1, sums));
  }
  return answer;
}

Tensor matrix(std::int64_t columns, std::span<const float> values) {
  const auto rows = static_cast<std::int64_t>(values.size()) / columns;
  return Tensor::copy_of(DataType::kFp32, {rows, columns}, std::as_bytes(values));
}

std::vector<float> values_of(const Tensor& tensor) {
  std::vector<float> values(tensor.data.size() / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

}  // namespace temper
