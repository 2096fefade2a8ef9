#include "temper/gateway/feedback/feedback_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace temper::gateway {
namespace {

using ::testing::HasSubstr;

constexpr WallTime kNow(std::chrono::seconds(1'700'000'000));
const std::string kId = "01890a5d-ac96-774b-bcce-b302099a8057";

std::string error_of(const std::string& body) {
  const auto decoded = decode_feedback(body, kNow);
  return decoded ? "decoded" : decoded.error().message;
}

TEST(FeedbackJsonTest, ReadsEveryFormOfAnEntry) {
  const auto entries = decode_feedback(
      fmt::format(
          R"([{{"prediction_id":"{0}","row":3,"label":"late","observed_at":1356998400000000000}},
                      {{"prediction_id":"{0}/2","label":1}},
                      {{"prediction_id":"{0}","label":true,"observed_at":"2013-01-01T00:00:00Z"}},
                      {{"prediction_id":"{0}","label":-0.25}}])",
          kId),
      kNow);
  ASSERT_TRUE(entries) << entries.error().message;
  ASSERT_EQ(entries->size(), 4U);
  EXPECT_EQ((*entries)[0].prediction_id.to_string(), kId);
  EXPECT_EQ((*entries)[0].row, 3);
  EXPECT_EQ((*entries)[0].label, "late");
  EXPECT_EQ((*entries)[0].observed_at.time_since_epoch(), std::chrono::seconds(1'356'998'400));
  EXPECT_EQ((*entries)[1].row, 2);
  EXPECT_EQ((*entries)[1].label, "1");
  EXPECT_EQ((*entries)[1].observed_at, kNow);
  EXPECT_EQ((*entries)[2].label, "true");
  EXPECT_EQ((*entries)[2].observed_at, (*entries)[0].observed_at);
  EXPECT_EQ((*entries)[3].label, "-0.25");
}

TEST(FeedbackJsonTest, TakesASingleEntryAndAnEmptyList) {
  const auto one =
      decode_feedback(fmt::format(R"({{"prediction_id":"{}","label":"a"}})", kId), kNow);
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_EQ(one->size(), 1U);
  EXPECT_EQ(decode_feedback("[]", kNow)->size(), 0U);
}

TEST(FeedbackJsonTest, SaysWhichEntryIsWrong) {
  const auto with = [](const std::string& rest) {
    return fmt::format(R"([{{"prediction_id":"{}","label":"a"}},{{"prediction_id":"{}"{}}}])", kId,
                       kId, rest);
  };
  EXPECT_THAT(error_of("{"), HasSubstr("not JSON"));
  EXPECT_THAT(error_of("3"), HasSubstr("/0: number came, expected an object"));
  EXPECT_THAT(error_of(with("")), HasSubstr("/1: 'label' is missing"));
  EXPECT_THAT(error_of(with(R"(,"label":[])")), HasSubstr("/1/label"));
  EXPECT_THAT(error_of(with(R"(,"label":"")")), HasSubstr("/1/label"));
  EXPECT_THAT(error_of(with(R"(,"label":1,"row":-1)")), HasSubstr("/1/row"));
  EXPECT_THAT(error_of(with(R"(,"label":1,"row":1.5)")), HasSubstr("/1/row"));
  EXPECT_THAT(error_of(with(R"(,"label":1,"label":2)")), HasSubstr("'label' is given twice"));
  EXPECT_THAT(error_of(with(R"(,"label":1,"colour":2)")), HasSubstr("/1/colour"));
  EXPECT_THAT(error_of(with(R"(,"label":1,"observed_at":"yesterday")")),
              HasSubstr("/1/observed_at"));
  EXPECT_THAT(error_of(R"([{"prediction_id":"x","label":1}])"), HasSubstr("/0/prediction_id"));
  EXPECT_THAT(error_of(fmt::format(R"([{{"prediction_id":"{}/-1","label":1}}])", kId)),
              HasSubstr("ID/ROW"));
}

TEST(FeedbackJsonTest, ReadsTimes) {
  const auto seconds = [](std::string_view text) {
    const auto time = parse_rfc3339(text);
    return time ? std::chrono::duration<double>(time->time_since_epoch()).count() : -1;
  };
  EXPECT_EQ(seconds("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(seconds("1970-01-01T02:00:00.25+02:00"), 0.25);
  EXPECT_EQ(seconds("2013-02-01 05:30:00-05:00"), 1'359'714'600);
  EXPECT_EQ(seconds("2012-02-29T00:00:00Z"), 1'330'473'600);
  for (const char* wrong :
       {"", "2013-02-01", "2013-02-29T00:00:00Z", "2013-13-01T00:00:00Z", "2013-02-01T25:00:00Z",
        "2013-02-01T00:00:00", "2013-02-01T00:00:00.Z", "2013-02-01T00:00:00Zx",
        "9999-01-01T00:00:00Z", "2013-02-01T00:00:00+99:00"}) {
    EXPECT_EQ(seconds(wrong), -1) << wrong;
  }
}

}  // namespace
}  // namespace temper::gateway
