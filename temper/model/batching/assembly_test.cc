#include "temper/model/batching/assembly.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temper/testing/scripted_instance.h"

namespace temper::batching {
namespace {

using ::testing::ElementsAre;

Work request(std::int64_t columns, std::vector<float> values, std::vector<std::size_t> outputs) {
  Work work;
  work.inputs.push_back(matrix(columns, values));
  work.rows = work.inputs[0].rows();
  work.outputs = std::move(outputs);
  return work;
}

template <typename... Works>
std::vector<Work> members(Works&&... works) {
  std::vector<Work> all;
  (all.push_back(std::forward<Works>(works)), ...);
  return all;
}

TEST(GroupKeyTest, IgnoresOnlyTheRows) {
  const Work one = request(2, {1, 2}, {0});
  const Work two = request(2, {1, 2, 3, 4}, {1});
  const Work wider = request(3, {1, 2, 3}, {0});
  EXPECT_EQ(group_key(one), group_key(two));
  EXPECT_NE(group_key(one), group_key(wider));
  EXPECT_TRUE(can_share(one, two));
  EXPECT_FALSE(can_share(one, wider));
}

TEST(GroupKeyTest, TellsDatatypesApart) {
  const Work one = request(2, {1, 2}, {0});
  Work other = request(2, {1, 2}, {0});
  other.inputs[0].datatype = DataType::kInt32;
  EXPECT_NE(group_key(one), group_key(other));
  EXPECT_FALSE(can_share(one, other));
}

TEST(GroupKeyTest, TellsWhichInputVaries) {
  Work one = request(2, {1, 2}, {0});
  one.inputs.push_back(matrix(3, std::vector<float>{1, 2, 3}));
  Work other = request(3, {1, 2, 3}, {0});
  other.inputs.push_back(matrix(2, std::vector<float>{1, 2}));
  EXPECT_NE(group_key(one), group_key(other));
  EXPECT_FALSE(can_share(one, other));
}

TEST(CanShareTest, AScalarSharesWithNobody) {
  Work scalar;
  scalar.inputs.push_back(Tensor::copy_of(DataType::kFp32, {}, {}));
  EXPECT_FALSE(can_share(scalar, scalar));
}

TEST(JoinInputsTest, LaysRowsUnderOneAnother) {
  const auto all = members(request(2, {1, 2}, {0}), request(2, {3, 4, 5, 6}, {0}));
  const auto joined = join_inputs(all);
  ASSERT_EQ(joined.size(), 1U);
  EXPECT_THAT(joined[0].shape, ElementsAre(3, 2));
  EXPECT_THAT(values_of(joined[0]), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(JoinInputsTest, DoesNotCopyASingleMember) {
  const auto all = members(request(2, {1, 2}, {0}));
  EXPECT_EQ(join_inputs(all)[0].data.data(), all[0].inputs[0].data.data());
}

TEST(UnionOfOutputsTest, HasEachOnce) {
  const auto all = members(request(1, {1}, {2, 0}), request(1, {1}, {2, 1, 2}));
  EXPECT_THAT(union_of_outputs(all), ElementsAre(0, 1, 2));
}

TEST(SplitOutputsTest, GivesEachMemberItsRowsOfWhatItAskedFor) {
  const auto all = members(request(1, {1}, {3}), request(1, {2, 3}, {5, 3}));
  const std::vector<std::size_t> indices{3, 5};
  const std::vector<Tensor> outputs{matrix(1, std::vector<float>{10, 20, 30}),
                                    matrix(2, std::vector<float>{1, 2, 3, 4, 5, 6})};
  const auto parts = split_outputs(all, indices, outputs);
  ASSERT_TRUE(parts);
  ASSERT_EQ((*parts)[0].size(), 1U);
  EXPECT_THAT(values_of((*parts)[0][0]), ElementsAre(10));
  ASSERT_EQ((*parts)[1].size(), 2U);
  EXPECT_THAT(values_of((*parts)[1][0]), ElementsAre(3, 4, 5, 6));
  EXPECT_THAT(values_of((*parts)[1][1]), ElementsAre(20, 30));
}

TEST(SplitOutputsTest, RefusesOutputsWhoseRowsDoNotMatch) {
  const auto all = members(request(1, {1}, {0}), request(1, {2}, {0}));
  const std::vector<std::size_t> indices{0};
  for (const Tensor& output :
       {matrix(1, std::vector<float>{7}), Tensor::copy_of(DataType::kFp32, {}, {})}) {
    const auto parts = split_outputs(all, indices, std::span(&output, 1));
    ASSERT_FALSE(parts);
    EXPECT_EQ(parts.error().code, ErrorCode::kInternal);
  }
}

TEST(SplitOutputsTest, RefusesAnotherNumberOfOutputs) {
  const auto all = members(request(1, {1}, {0}));
  const std::vector<std::size_t> indices{0};
  EXPECT_FALSE(split_outputs(all, indices, {}));
}

}  // namespace
}  // namespace temper::batching
