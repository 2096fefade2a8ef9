#include "temper/model/runtime/batch_dependence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

namespace temper::runtime {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

using Rows = std::vector<float>;

/// One FP32 input and output of one column; what it answers is a function of all rows. Each run
/// takes `run_time` of a manual clock.
class ScriptedInstance final : public Instance {
 public:
  using Answer = std::function<Result<Rows>(const Rows&)>;

  ScriptedInstance(Answer answer, ManualClock& clock, Duration run_time = Duration{0})
      : answer_(std::move(answer)), clock_(clock), run_time_(run_time) {
    const TensorSpec column{
        .name = "x", .datatype = DataType::kFp32, .shape = {-1, 1}, .dimension_names = {"N", ""}};
    signature_.inputs = {column};
    signature_.outputs = {column};
    signature_.outputs[0].name = "y";
  }

  const Signature& signature() const override { return signature_; }

  Result<std::vector<Tensor>> run(const RunRequest& request) override {
    clock_.advance(run_time_);
    Rows rows(static_cast<std::size_t>(request.inputs[0].rows()));
    std::memcpy(rows.data(), request.inputs[0].data.data(), request.inputs[0].data.size());
    TEMPER_TRY(const Rows answer, answer_(rows));
    return std::vector<Tensor>{Tensor::copy_of(DataType::kFp32,
                                               {static_cast<std::int64_t>(answer.size()), 1},
                                               std::as_bytes(std::span(answer)))};
  }

 private:
  Answer answer_;
  ManualClock& clock_;
  Duration run_time_;
  Signature signature_;
};

class BatchDependenceTest : public ::testing::Test {
 protected:
  BatchDependence measured(ScriptedInstance::Answer answer, Duration run_time = Duration{0}) {
    ScriptedInstance instance(std::move(answer), clock_, run_time);
    const SyntheticPlan plan{.kinds = {ValueKind::kOrdinary}, .free_size = 16};
    const auto result =
        measure_batch_dependence(instance, plan, clock_.now() + seconds(10), clock_);
    EXPECT_TRUE(result.has_value());
    return result.value_or(BatchDependence{});
  }

  ManualClock clock_;
};

Rows doubled(const Rows& rows) {
  Rows answer;
  for (const float row : rows) answer.push_back(2 * row);
  return answer;
}

TEST_F(BatchDependenceTest, RowsThatStandAloneAreIndependentWithASmallTolerance) {
  const BatchDependence result = measured([](const Rows& rows) { return doubled(rows); });
  EXPECT_TRUE(result.independent) << result.reason;
  EXPECT_EQ(result.difference, 0);
  EXPECT_GT(result.tolerance, 0);
  EXPECT_LT(result.tolerance, 1e-5);
}

TEST_F(BatchDependenceTest, RoundingPerBatchSizeIsToleratedWithHeadRoom) {
  const BatchDependence result = measured([](const Rows& rows) {
    Rows answer = doubled(rows);
    if (rows.size() > 4) {
      for (float& row : answer) row += 2e-6F;
    }
    return answer;
  });
  EXPECT_TRUE(result.independent) << result.reason;
  EXPECT_NEAR(result.difference, 2e-6, 1e-6);
  EXPECT_DOUBLE_EQ(result.tolerance, 4 * result.difference);
}

TEST_F(BatchDependenceTest, AMeanOverTheBatchIsFound) {
  const BatchDependence result = measured([](const Rows& rows) {
    float sum = 0;
    for (const float row : rows) sum += row;
    return Rows(rows.size(), sum / static_cast<float>(rows.size()));
  });
  EXPECT_FALSE(result.independent);
  EXPECT_THAT(result.reason, HasSubstr("in a batch of 2 with ordinary mates"));
}

TEST_F(BatchDependenceTest, ADependenceOnHugeMatesOnlyIsFound) {
  const BatchDependence result = measured([](const Rows& rows) {
    Rows answer = doubled(rows);
    for (const float row : rows) {
      if (std::abs(row) > 1e20F) answer.assign(rows.size(), 0.0F);
    }
    return answer;
  });
  EXPECT_FALSE(result.independent);
  EXPECT_THAT(result.reason, HasSubstr("extreme mates"));
}

TEST_F(BatchDependenceTest, ADependenceOnNanMatesOnlyIsFoundAndInfinite) {
  const BatchDependence result = measured([](const Rows& rows) {
    Rows answer = doubled(rows);
    for (const float row : rows) {
      if (std::isnan(row)) answer.assign(rows.size(), row);
    }
    return answer;
  });
  EXPECT_FALSE(result.independent);
  EXPECT_THAT(result.reason, HasSubstr("NaN mates"));
  EXPECT_EQ(result.difference, std::numeric_limits<double>::infinity());
}

TEST_F(BatchDependenceTest, ADependenceOnOnePlaceOnlyIsFound) {
  const BatchDependence result = measured([](const Rows& rows) {
    Rows answer = doubled(rows);
    if (rows.size() == 16) answer[15] += 1;
    return answer;
  });
  EXPECT_FALSE(result.independent);
}

TEST_F(BatchDependenceTest, MatesThatTheModelRefusesAreLeftOut) {
  const BatchDependence result = measured([](const Rows& rows) -> Result<Rows> {
    for (const float row : rows) {
      if (!(std::abs(row) <= 2)) return fail(ErrorCode::kInvalidArgument, "out of range");
    }
    return doubled(rows);
  });
  EXPECT_TRUE(result.independent) << result.reason;
}

TEST_F(BatchDependenceTest, AnOutputWithoutARowPerRowIsDependent) {
  const BatchDependence result =
      measured([](const Rows& rows) { return Rows(1, static_cast<float>(rows.size())); });
  EXPECT_FALSE(result.independent);
  EXPECT_EQ(result.reason, "output 'y' has shape [1,1] for a batch of 2 rows");
}

TEST_F(BatchDependenceTest, ABatchThatIsRefusedIsDependent) {
  const BatchDependence result = measured([](const Rows& rows) -> Result<Rows> {
    if (rows.size() > 1) return fail(ErrorCode::kInvalidArgument, "one row only");
    return doubled(rows);
  });
  EXPECT_FALSE(result.independent);
  EXPECT_EQ(result.reason, "a batch of 2 rows is refused: one row only");
}

TEST_F(BatchDependenceTest, AnswersInNanCompareWithNothing) {
  const BatchDependence result =
      measured([](const Rows& rows) { return Rows(rows.size(), std::nanf("")); });
  EXPECT_FALSE(result.independent);
  EXPECT_THAT(result.reason, HasSubstr("NaN or infinite"));
}

TEST_F(BatchDependenceTest, AModelTooSlowToCompareIsDependentAndOneFastEnoughForTheNeededIsNot) {
  const auto answer = [](const Rows& rows) { return doubled(rows); };
  const BatchDependence slow = measured(answer, seconds(4));
  EXPECT_FALSE(slow.independent);
  EXPECT_THAT(slow.reason, HasSubstr("too slow"));
  EXPECT_TRUE(measured(answer, std::chrono::milliseconds(1200)).independent);
}

}  // namespace
}  // namespace temper::runtime
