#include "temper/model/runtime/probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>

#include "temper/model/runtime/golden_runs_fixture.h"
#include "temper/model/runtime/host/memory_limit.h"
#include "temper/model/runtime/probe_lines.h"

namespace temper::runtime {
namespace {

using ::testing::HasSubstr;

Result<ProbeReport> probed(const std::filesystem::path& artifact,
                           Duration patience = std::chrono::seconds(60)) {
  return probe(artifact, {.memory_bytes = std::uint64_t{1} << 30,
                          .patience = patience,
                          .program = host_child_program()});
}

ProbeReport report_of(const std::string& name) {
  auto report = probed(golden_model(name));
  if (!report) {
    ADD_FAILURE() << name << ": " << report.error().message;
    return {};
  }
  return *report;
}

TEST(ProbeTest, MeasuresAModelWhoseRowsStandAlone) {
  const ProbeReport report = report_of("linear");
  EXPECT_TRUE(report.batchable) << report.unbatched_reason;
  EXPECT_TRUE(report.safe_in_process) << report.unsafe_reason;
  EXPECT_LT(report.batch_difference, 1e-6);
  EXPECT_GE(report.batch_tolerance, report.batch_difference);
  EXPECT_LT(report.batch_tolerance, 1e-5);
  EXPECT_GT(report.run_ns_1, 0);
  EXPECT_GT(report.run_ns_16, 0);
  EXPECT_GT(report.loaded_bytes, 1U << 20);
  EXPECT_GE(report.peak_bytes, report.loaded_bytes);
  EXPECT_EQ(report.signature.inputs[0].name, "x");
}

TEST(ProbeTest, StringsAreMeasuredToo) {
  const ProbeReport report = report_of("strings");
  EXPECT_TRUE(report.batchable) << report.unbatched_reason;
  EXPECT_EQ(report.batch_tolerance, 0);
}

TEST(ProbeTest, EveryDatatypeIsMeasured) {
  const ProbeReport report = report_of("all_types");
  EXPECT_TRUE(report.batchable) << report.unbatched_reason;
  EXPECT_EQ(report.batch_difference, 0);
}

TEST(ProbeTest, FindsIdsThatAnEmbeddingTableHas) {
  const ProbeReport report = report_of("embedding");
  EXPECT_TRUE(report.batchable) << report.unbatched_reason;
}

TEST(ProbeTest, FindsRowsThatDependOnTheirMates) {
  for (const char* name : {"softmax_over_rows", "dynamic_int8"}) {
    const ProbeReport report = report_of(name);
    EXPECT_FALSE(report.batchable) << name;
    EXPECT_THAT(report.unbatched_reason, HasSubstr("output 'y' of a row changed by")) << name;
    EXPECT_EQ(report.run_ns_16, 0) << name;
  }
}

TEST(ProbeTest, FindsARowThatOnlyAMatesNanChanges) {
  const ProbeReport report = report_of("spreads_nan");
  EXPECT_FALSE(report.batchable);
  EXPECT_THAT(report.unbatched_reason, HasSubstr("mates"));
}

TEST(ProbeTest, ModelsWithoutFreeRowsAreNotBatched) {
  const ProbeReport scalar = report_of("scalar");
  EXPECT_FALSE(scalar.batchable);
  EXPECT_THAT(scalar.unbatched_reason, HasSubstr("free first dimension"));
  EXPECT_TRUE(scalar.safe_in_process) << scalar.unsafe_reason;
}

TEST(ProbeTest, AFreeRowSizeBelongsInAHost) {
  const ProbeReport report = report_of("sum_over_length");
  EXPECT_TRUE(report.batchable) << report.unbatched_reason;
  EXPECT_FALSE(report.safe_in_process);
  EXPECT_THAT(report.unsafe_reason, HasSubstr("size of a row is not fixed"));
}

TEST(ProbeTest, ALoopBelongsInAHost) {
  const ProbeReport report = report_of("loop");
  EXPECT_FALSE(report.safe_in_process);
  EXPECT_THAT(report.unsafe_reason, HasSubstr("operator Loop"));
}

TEST(ProbeTest, AModelThatRefusesMadeUpInputsIsStillReported) {
  const ProbeReport report = report_of("picky");
  EXPECT_FALSE(report.batchable);
  EXPECT_FALSE(report.safe_in_process);
  EXPECT_THAT(report.unbatched_reason, HasSubstr("made-up inputs are refused"));
  EXPECT_EQ(report.signature.inputs[0].name, "ids");
}

TEST(ProbeTest, AModelThatNeverEndsIsRefusedInTime) {
  const auto report = probed(golden_model("hostile_endless"), std::chrono::milliseconds(400));
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(report.error().message, "the model was not done within 400 ms");
}

#if !TEMPER_SANITIZED  // no memory limit can be set there
TEST(ProbeTest, AModelThatAsksForTooMuchMemoryIsRefused) {
  const auto report = probed(golden_model("hostile_memory"));
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::kResourceExhausted) << report.error().message;
}
#endif

TEST(ProbeTest, AFileThatIsNoModelIsRefusedWithTheReason) {
  const auto unknown = probed(golden_model("unknown_operator"));
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(unknown.error().message, HasSubstr("Frobnicate"));
  EXPECT_EQ(probed(golden_folder() / "runs.json").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(probed(golden_folder() / "none.onnx").error().code, ErrorCode::kNotFound);
}

/// The pinned models that setup fetches; the tests of the probe on real models need them.
std::filesystem::path pinned_model(const char* name) {
  const char* deps = std::getenv("TEMPER_DEPS");
  if (deps == nullptr) return {};
  return std::filesystem::path(deps) / "data" / name / "model.onnx";
}

TEST(ProbeOnRealModelsTest, MagikaIsBatchableWithinRounding) {
  const auto artifact = pinned_model("magika");
  ASSERT_TRUE(std::filesystem::exists(artifact)) << "./dev setup fetches magika";
  const auto report = probed(artifact);
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_TRUE(report->batchable) << report->unbatched_reason;
  EXPECT_GT(report->batch_tolerance, 0);
  EXPECT_LT(report->batch_tolerance, 1e-5);
}

TEST(ProbeOnRealModelsTest, MiniLmIsBatchableAndBelongsInAHost) {
  // Its weights are INT8, its arithmetic is not: no scale depends on the batch.
  const auto artifact = pinned_model("minilm_int8");
  ASSERT_TRUE(std::filesystem::exists(artifact)) << "./dev setup fetches minilm_int8";
  const auto report = probed(artifact);
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_TRUE(report->batchable) << report->unbatched_reason;
  EXPECT_FALSE(report->safe_in_process);
}

TEST(ProbeReportTest, ComesBackFromJsonAsItWas) {
  ProbeReport report = report_of("two_inputs");
  report.unbatched_reason = "quote \" and \\ and \n";
  report.batch_difference = 1.0 / 3.0;
  const auto back = parse_probe_report(to_json(report));
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(to_json(*back), to_json(report));
  EXPECT_EQ(back->signature, report.signature);
  EXPECT_EQ(back->batch_difference, report.batch_difference);
}

TEST(ProbeReportTest, AnInfiniteDifferenceComesBackToo) {
  ProbeReport report;
  report.batch_difference = std::numeric_limits<double>::infinity();
  EXPECT_EQ(parse_probe_report(to_json(report))->batch_difference, report.batch_difference);
}

TEST(ProbeReportTest, ParsingIsStrict) {
  const std::string good = to_json(ProbeReport{});
  ASSERT_TRUE(parse_probe_report(good).has_value());
  EXPECT_FALSE(parse_probe_report("").has_value());
  EXPECT_FALSE(parse_probe_report("[]").has_value());
  EXPECT_FALSE(parse_probe_report("{}").has_value());
  EXPECT_FALSE(parse_probe_report(good.substr(0, good.size() - 1) + ",\"x\":1}").has_value());
  std::string wrong_type = good;
  wrong_type.replace(wrong_type.find("false"), 5, "12345");
  EXPECT_FALSE(parse_probe_report(wrong_type).has_value());
}

TEST(ProbeLinesTest, TheLastVerdictCounts) {
  const Result<ProbeReport> error = fail(ErrorCode::kResourceExhausted, "too\nmuch");
  const auto lines =
      read_probe_lines(stage_line("loading") + stage_line("timing") + verdict_line(error));
  EXPECT_EQ(lines.stage, "timing");
  ASSERT_TRUE(lines.verdict.has_value());
  EXPECT_EQ(lines.verdict->error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(lines.verdict->error().message, "too much");
}

TEST(ProbeLinesTest, ACutOffLineIsNoVerdict) {
  const std::string text = stage_line("loading") + verdict_line(ProbeReport{});
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(read_probe_lines(std::string_view(text).substr(0, size)).verdict.has_value());
  }
  EXPECT_TRUE(read_probe_lines(text).verdict->has_value());
}

TEST(ProbeLinesTest, AMadeUpVerdictIsInternal) {
  EXPECT_EQ(read_probe_lines("error WHATEVER x\n").verdict->error().code, ErrorCode::kInternal);
  EXPECT_EQ(read_probe_lines("report {}\n").verdict->error().code, ErrorCode::kInternal);
}

}  // namespace
}  // namespace temper::runtime
