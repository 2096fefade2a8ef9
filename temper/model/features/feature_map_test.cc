#include "temper/model/features/feature_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace temper {
namespace {

using ::testing::HasSubstr;

Signature table_signature() {
  return {.inputs =
              {{.name = "x", .datatype = DataType::kFp32, .shape = {-1, 3}, .dimension_names = {}},
               {.name = "carrier",
                .datatype = DataType::kBytes,
                .shape = {-1, 1},
                .dimension_names = {}},
               {.name = "age", .datatype = DataType::kInt64, .shape = {-1}, .dimension_names = {}},
               {.name = "image",
                .datatype = DataType::kUint8,
                .shape = {-1, 28, 28},
                .dimension_names = {}},
               {.name = "tokens",
                .datatype = DataType::kInt64,
                .shape = {-1, -1},
                .dimension_names = {}}},
          .outputs = {}};
}

std::string error_of(std::string_view json) {
  const auto map = FeatureMap::parse(json, table_signature());
  return map ? "parsed" : map.error().message;
}

TEST(FeatureMapTest, ReadsAMapInItsOwnOrder) {
  const auto map = FeatureMap::parse(
      R"({"weight":{"input":"x","column":2,"kind":"numeric"},
          "airline":{"input":"carrier","column":0,"kind":"categorical","categories":["AA"]},
          "weekday":{"input":"x","column":0,"kind":"categorical"}})",
      table_signature());
  ASSERT_TRUE(map) << map.error().message;
  ASSERT_EQ(map->features().size(), 3U);
  EXPECT_EQ(map->features()[0], (Feature{.name = "weight", .input = 0, .column = 2}));
  EXPECT_EQ(
      map->features()[1],
      (Feature{.name = "airline", .input = 1, .column = 0, .kind = FeatureKind::kCategorical}));
  EXPECT_EQ(map->features()[2].kind, FeatureKind::kCategorical);
}

TEST(FeatureMapTest, SaysWhatIsWrong) {
  EXPECT_THAT(error_of("[]"), HasSubstr("expected a JSON object, found array"));
  EXPECT_THAT(error_of("{"), HasSubstr("feature map"));
  EXPECT_THAT(error_of(R"({"a":3})"), HasSubstr("feature map"));
  EXPECT_THAT(error_of(R"({"a":{"input":"y"}})"), HasSubstr("'a' is in input 'y'"));
  EXPECT_THAT(error_of(R"({"a":{"input":"x","column":3}})"),
              HasSubstr("'a' is column 3 of input 'x', whose shape is [-1,3]"));
  EXPECT_THAT(error_of(R"({"a":{"input":"x","column":"one"}})"), HasSubstr("feature map"));
  EXPECT_THAT(error_of(R"({"a":{"input":"image","column":0}})"), HasSubstr("whose shape is"));
  EXPECT_THAT(error_of(R"({"a":{"input":"x","kind":"text"}})"), HasSubstr("of kind 'text'"));
  EXPECT_THAT(error_of(R"({"a":{"input":"carrier"}})"), HasSubstr("holds texts"));
  EXPECT_THAT(error_of(R"({"a":{"input":"x"},"b":{"input":"x"}})"), HasSubstr("same column"));
}

TEST(FeatureMapTest, DerivesOneFeatureAColumn) {
  const FeatureMap map = FeatureMap::derived(table_signature());
  std::vector<std::string> names;
  for (const Feature& feature : map.features()) names.push_back(feature.name);
  EXPECT_THAT(names, ::testing::ElementsAre("x[0]", "x[1]", "x[2]", "carrier", "age"));
  EXPECT_EQ(map.features()[3].kind, FeatureKind::kCategorical);
}

TEST(FeatureMapTest, LeavesOutWhatIsTooWide) {
  const FeatureMap map = FeatureMap::derived(
      {.inputs =
           {{.name = "wide",
             .datatype = DataType::kFp32,
             .shape = {-1, 5000},
             .dimension_names = {}},
            {.name = "age", .datatype = DataType::kInt64, .shape = {-1}, .dimension_names = {}}},
       .outputs = {}});
  ASSERT_EQ(map.features().size(), 1U);
  EXPECT_EQ(map.features()[0].name, "age");
}

TEST(FeatureMapTest, OutputsOfFewColumnsAreFeaturesToo) {
  const FeatureMap map = FeatureMap::of_outputs(
      {.inputs = {},
       .outputs = {
           {.name = "scores",
            .datatype = DataType::kFp32,
            .shape = {-1, 214},
            .dimension_names = {}},
           {.name = "label", .datatype = DataType::kInt64, .shape = {-1}, .dimension_names = {}},
           {.name = "p", .datatype = DataType::kFp32, .shape = {-1, 2}, .dimension_names = {}}}});
  ASSERT_EQ(map.features().size(), 3U);
  EXPECT_EQ(map.features()[0].name, "label");
  EXPECT_EQ(map.features()[0].input, 1U);
  EXPECT_EQ(map.features()[2].name, "p[1]");
}

}  // namespace
}  // namespace temper
