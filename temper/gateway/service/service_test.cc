#include "temper/gateway/service/service.h"

#include <future>

#include "temper/core/digest.h"
#include "temper/gateway/service/service_fixture.h"
#include "temper/record/streams/memory/memory_streams.h"
#include "temper/record/worker/event_json.h"

namespace temper::gateway {
namespace {

class ServiceTest : public ServiceFixture {
 protected:
  void SetUp() override {
    ServiceFixture::SetUp();
    add("pair", "two_inputs", /*batchable=*/false);
    restart();
  }

  void restart() {
    service_.reset();
    start_service();
  }

  Rng rng_{1};

  [[nodiscard]] static InferCall call(std::string model, std::vector<oip::NamedTensor> inputs) {
    InferCall call{.model = std::move(model),
                   .version = {},
                   .request = {},
                   .arrival = system_clock_instance().now(),
                   .transport_timeout = std::nullopt};
    call.request.id = "mine";
    call.request.inputs = std::move(inputs);
    return call;
  }

  Result<InferAnswer> infer(InferCall call, const Caller* caller = nullptr) {
    if (caller == nullptr) caller = *service_->authenticate({}, profile::Role::kInfer);
    std::promise<Result<InferAnswer>> promise;
    service_->infer(*caller, std::move(call), nullptr, [&promise](Result<InferAnswer> answer) {
      promise.set_value(std::move(answer));
    });
    return promise.get_future().get();
  }

  void expect_refused(InferCall call, ErrorCode code, const std::string& words) {
    const Result<InferAnswer> answer = infer(std::move(call));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, code) << answer.error().message;
    EXPECT_NE(answer.error().message.find(words), std::string::npos) << answer.error().message;
    EXPECT_EQ(service_->admission().in_flight(), 0);
  }
};

TEST_F(ServiceTest, AnswersWithEveryOutputAndAnIdBoundToTheCaller) {
  const auto answer = infer(call("linear", {{"x", rows_of_four(2)}}));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->id, "mine");
  ASSERT_EQ(answer->outputs.size(), 2U);
  EXPECT_EQ(answer->outputs[0].shape, (Shape{2, 3}));
  EXPECT_EQ(answer->outputs[1].shape, (Shape{2}));
  EXPECT_TRUE(is_bound_to(answer->prediction_id, kIdKey, "anonymous"));
  EXPECT_FALSE(is_bound_to(answer->prediction_id, kIdKey, "somebody else"));
  AnswerStorage storage;
  const oip::InferResponseView view = view_of(*answer, storage);
  EXPECT_EQ(view.model_name, "linear");
  EXPECT_EQ(view.model_version, "1");
  EXPECT_EQ(view.outputs[1].name, "label");
}

TEST_F(ServiceTest, GivesOnlyTheOutputsAskedForInTheirOrder) {
  InferCall request = call("linear", {{"x", rows_of_four(1)}});
  request.request.outputs = {{.name = "label", .binary = true}, {.name = "p", .binary = false}};
  const auto answer = infer(std::move(request));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->output_indices, (std::vector<std::size_t>{1, 0}));
  EXPECT_EQ(answer->binary, (std::vector<bool>{true, false}));
}

TEST_F(ServiceTest, TakesInputsInAnyOrder) {
  const std::int64_t age = 3;
  const Tensor ages = Tensor::copy_of(DataType::kInt64, {1, 1}, std::as_bytes(std::span(&age, 1)));
  const auto forward = infer(call("pair", {{"x", rows_of_four(1)}, {"age", ages}}));
  const auto backward = infer(call("pair", {{"age", ages}, {"x", rows_of_four(1)}}));
  ASSERT_TRUE(forward) << forward.error().message;
  ASSERT_TRUE(backward) << backward.error().message;
  EXPECT_TRUE(std::ranges::equal(forward->outputs[0].data, backward->outputs[0].data));
}

TEST_F(ServiceTest, NamesWhatIsWrongWithARequest) {
  expect_refused(call("nobody", {{"x", rows_of_four(1)}}), ErrorCode::kNotFound, "nobody");
  expect_refused(call("linear", {{"y", rows_of_four(1)}}), ErrorCode::kInvalidArgument, "'y'");
  expect_refused(call("pair", {{"x", rows_of_four(1)}}), ErrorCode::kInvalidArgument, "'age'");
  expect_refused(call("linear", {{"x", rows_of_four(0)}}), ErrorCode::kInvalidArgument, "0 rows");
  InferCall output = call("linear", {{"x", rows_of_four(1)}});
  output.request.outputs = {{.name = "q", .binary = false}};
  expect_refused(std::move(output), ErrorCode::kInvalidArgument, "'q'");
  InferCall version = call("linear", {{"x", rows_of_four(1)}});
  version.version = "7";
  expect_refused(std::move(version), ErrorCode::kNotFound, "7");
}

TEST_F(ServiceTest, AnswersNothingAfterItsDeadline) {
  InferCall late = call("linear", {{"x", rows_of_four(1)}});
  late.request.parameters.timeout = std::chrono::microseconds(1);
  late.arrival -= std::chrono::seconds(1);
  expect_refused(std::move(late), ErrorCode::kDeadlineExceeded, "");
}

TEST_F(ServiceTest, OnlyARoleMaySetTheEventTime) {
  profile_->api_keys.push_back({.name = "web", .sha256 = sha256_hex("k")});
  restart();
  const Caller* caller = *service_->authenticate({.api_key = "k"}, profile::Role::kInfer);
  InferCall request = call("linear", {{"x", rows_of_four(1)}});
  request.request.parameters.event_time_ns = 1;
  const auto answer = infer(std::move(request), caller);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kPermissionDenied);
}

TEST_F(ServiceTest, LoadsAndUnloadsOnTheAdminSurfaceOnly) {
  Status seen;
  service_->unload(Surface::kPublic, "linear", [&](const Status& status) { seen = status; });
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code, ErrorCode::kPermissionDenied);
  EXPECT_NE(seen.error().message.find(profile_->server.admin), std::string::npos);
  std::promise<Status> promise;
  service_->unload(Surface::kAdmin, "linear",
                   [&](Status status) { promise.set_value(std::move(status)); });
  EXPECT_TRUE(promise.get_future().get());
  EXPECT_FALSE(service_->model_ready("linear", ""));
}

TEST_F(ServiceTest, StatisticsCountWhatWasAnswered) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(infer(call("linear", {{"x", rows_of_four(2)}})));
  const auto statistics = service_->statistics("linear", "1");
  ASSERT_TRUE(statistics);
  ASSERT_EQ(statistics->size(), 1U);
  EXPECT_EQ(statistics->front().success.count, 3U);
  EXPECT_EQ(statistics->front().inference_count, 6U);
  EXPECT_GT(statistics->front().last_inference_ms, 0U);
  const std::string text = service_->metrics_text();
  EXPECT_NE(text.find("temper_requests_total"), std::string::npos);
  EXPECT_NE(text.find("temper_rows_total"), std::string::npos);
  EXPECT_NE(text.find("temper_requests_in_flight 0"), std::string::npos);
}

TEST_F(ServiceTest, IsNotReadyWhileItDrains) {
  EXPECT_TRUE(service_->ready());
  service_->admission().begin_drain();
  EXPECT_FALSE(service_->ready());
  EXPECT_TRUE(infer(call("linear", {{"x", rows_of_four(1)}})));
}

/// Keeps what the tap gave it.
class Notes final : public EvidenceSink {
 public:
  void take(std::span<const KeptEvidence> batch) override {
    for (const KeptEvidence& each : batch) taken.push_back(each.evidence);
  }
  void tick(WallTime) override {}

  std::vector<std::shared_ptr<const Evidence>> taken;
};

TEST_F(ServiceTest, EveryAnswerLeavesItsEvidence) {
  Notes notes;
  tap_.add(std::make_unique<EvidenceLane>("notes", notes, std::size_t{1} << 20, metrics_, "t",
                                          system_clock_instance()));
  InferCall request = call("linear", {{"x", rows_of_four(2)}});
  request.request.parameters.unit_id = "u7";
  request.request.outputs = {{.name = "label", .binary = false}};
  const auto answer = infer(std::move(request));
  ASSERT_TRUE(answer) << answer.error().message;
  InferCall replayed = call("linear", {{"x", rows_of_four(1)}});
  replayed.request.parameters.event_time_ns = 1'356'998'400'000'000'000;
  ASSERT_TRUE(infer(std::move(replayed)));
  ASSERT_FALSE(infer(call("linear", {{"y", rows_of_four(1)}})));
  tap_.close();
  ASSERT_EQ(notes.taken.size(), 2U);
  const Evidence& first = *notes.taken[0];
  EXPECT_EQ(first.version->model, "linear");
  EXPECT_EQ(first.prediction_id, answer->prediction_id);
  EXPECT_EQ(first.unit_id, "u7");
  EXPECT_EQ(first.tenant, "default");
  EXPECT_EQ(first.rows, 2);
  EXPECT_EQ(first.event_time, first.arrival);
  ASSERT_EQ(first.inputs.size(), 1U);
  EXPECT_TRUE(std::ranges::equal(first.inputs[0].data, rows_of_four(2).data));
  EXPECT_EQ(first.output_indices, std::vector<std::size_t>{1});
  EXPECT_TRUE(std::ranges::equal(first.outputs[0].data, answer->outputs[0].data));
  EXPECT_EQ(notes.taken[1]->event_time.time_since_epoch().count(), 1'356'998'400'000'000'000);
}

TEST_F(ServiceTest, TakesFeedbackOnItsOwnPredictionsOnly) {
  auto answer = infer(call("linear", {{"x", rows_of_four(2)}}));
  ASSERT_TRUE(answer) << answer.error().message;
  const Uuid id = answer->prediction_id;
  // Nobody may hold a version when its fleet ends.
  answer->served.reset();
  const auto send = [this](const Uuid& prediction) {
    const std::vector<Feedback> entries = {{.prediction_id = prediction,
                                            .row = 1,
                                            .label = "2",
                                            .observed_at = WallTime(Duration(9))}};
    std::promise<Status> done;
    service_->feedback(**service_->authenticate({}, profile::Role::kLabeler), entries,
                       [&done](Status status) { done.set_value(std::move(status)); });
    return done.get_future().get();
  };
  EXPECT_EQ(send(id).error().code, ErrorCode::kUnimplemented);
  const auto streams = std::move(*streams::MemoryStreams::create({}));
  streams::Stream* stream = *streams->open("FEEDBACK");
  desk_ = std::make_unique<FeedbackDesk>(*stream, "p");
  restart();
  EXPECT_TRUE(send(id));
  const Uuid foreign = make_bound_id(system_clock_instance().wall_now(), rng_, kIdKey, "other");
  EXPECT_EQ(send(foreign).error().code, ErrorCode::kInvalidArgument);
  const auto entries = stream->range({}, streams::kLastPossibleId, 10);
  ASSERT_EQ(entries->size(), 1U);
  const auto records = record::parse_feedback((*entries)[0].bytes);
  ASSERT_TRUE(records) << records.error().message;
  EXPECT_EQ(records->front(), (stores::FeedbackRecord{.prediction_id = id.to_string(),
                                                      .row = 1,
                                                      .label = "2",
                                                      .observed_at_ns = 9,
                                                      .source = "anonymous"}));
  service_.reset();
  desk_.reset();
}

}  // namespace
}  // namespace temper::gateway
