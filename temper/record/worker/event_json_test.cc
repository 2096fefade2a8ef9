#include "temper/record/worker/event_json.h"

#include <gtest/gtest.h>

namespace temper::record {
namespace {

TEST(EventJsonTest, FeedbackReadsBackEqual) {
  const std::vector<stores::FeedbackRecord> records = {
      {.prediction_id = "a", .row = 0, .label = "1", .observed_at_ns = 5, .source = "desk"},
      {.prediction_id = "b",
       .row = 7,
       .label = "\"late\"\n\xC3\xA9",
       .observed_at_ns = INT64_MAX,
       .source = ""}};
  const auto read = parse_feedback(feedback_json(records));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, records);
  EXPECT_EQ(parse_feedback(feedback_json({}))->size(), 0U);
}

TEST(EventJsonTest, ADriftEventReadsBackEqual) {
  const stores::DriftEventRecord event{.event_id = "e1",
                                       .model = "flights",
                                       .version = 3,
                                       .tenant = "default",
                                       .event_time_ns = 1,
                                       .detected_at_ns = 2,
                                       .kind = "covariate",
                                       .evidence = R"({"score":0.25,"features":["dep_delay"]})"};
  const auto read = parse_drift_event(drift_event_json(event));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, event);
}

TEST(EventJsonTest, EvidenceThatIsNoJsonTravelsAsText) {
  stores::DriftEventRecord event;
  event.event_id = "e1";
  event.evidence = "not json";
  EXPECT_EQ(parse_drift_event(drift_event_json(event))->evidence, R"("not json")");
}

TEST(EventJsonTest, RefusesWhatIsNoEvent) {
  for (const char* text :
       {"", "{", "3", "{}", R"([{"prediction_id":"a"}])",
        R"([{"prediction_id":1,"row":0,"label":"a","observed_at_ns":1,"source":""}])"}) {
    const auto read = parse_feedback(text);
    EXPECT_TRUE(!read || read->empty()) << text;
    EXPECT_FALSE(parse_drift_event(text)) << text;
  }
}

}  // namespace
}  // namespace temper::record
