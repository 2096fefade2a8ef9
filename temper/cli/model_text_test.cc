#include "temper/cli/model_text.h"

#include <gmock/gmock.h>

namespace temper::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(ModelTextTest, QuantitiesKeepThreeDigits) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1536), "1.50 KiB");
  EXPECT_EQ(bytes_text(std::uint64_t{123} << 20), "123 MiB");
  EXPECT_EQ(time_text(12'600ns), "12.6 us");
  EXPECT_EQ(time_text(999'900ns), "1.00 ms");
  EXPECT_EQ(time_text(40ns), "40.0 ns");
  EXPECT_EQ(time_text(2s), "2.00 s");
}

TEST(ModelTextTest, TimesAreUtc) {
  EXPECT_EQ(utc_text(WallTime(1'700'000'000s)), "2023-11-14 22:13:20 UTC");
}

TEST(ModelTextTest, AVersionSaysWhatItTakesAndWhyItIsNotBatched) {
  registry::VersionRecord record;
  record.model = "flights";
  record.version = 2;
  record.aliases = {"champion"};
  record.probe.signature.inputs = {TensorSpec{.name = "x",
                                              .datatype = DataType::kFp32,
                                              .shape = {-1, 50, -1},
                                              .dimension_names = {"N", "", ""}}};
  record.probe.unbatched_reason = "rows depend on each other";
  record.roles.task = "classification";
  record.roles.label_output = "label";
  const std::string text = version_text(record);
  EXPECT_THAT(text, HasSubstr("flights version 2 (champion)\n"));
  EXPECT_THAT(text, HasSubstr("  inputs       x  FP32 [N, 50, ?]\n"));
  EXPECT_THAT(text, HasSubstr("  task         classification, label in label\n"));
  EXPECT_THAT(text, HasSubstr("  batching     no: rows depend on each other\n"));
}

TEST(ModelTextTest, ManyInputsAreCutShort) {
  registry::VersionRecord record;
  for (int k = 0; k < 13; ++k) {
    record.probe.signature.inputs.push_back(TensorSpec{.name = fmt::format("c{}", k),
                                                       .datatype = DataType::kFp32,
                                                       .shape = {-1, 1},
                                                       .dimension_names = {}});
  }
  const std::string text = version_text(record);
  EXPECT_THAT(text, HasSubstr("c10"));
  EXPECT_THAT(text, Not(HasSubstr("c11")));
  EXPECT_THAT(text, HasSubstr("and 2 more"));
}

}  // namespace
}  // namespace temper::cli
