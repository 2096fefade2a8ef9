#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temper/profile/profile.h"

namespace temper::profile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The least that a valid profile needs.
constexpr std::string_view kBase = "[[tiers]]\n[[devices]]\n";

std::vector<std::string> problems_of(std::string_view text) {
  std::vector<std::string> texts;
  for (const Problem& problem : parse_profile(text, "p.toml").problems) {
    texts.push_back(problem_text(problem, "p.toml"));
  }
  return texts;
}

std::vector<std::string> problems_after_base(std::string_view text) {
  return problems_of(std::string(kBase) + std::string(text));
}

TEST(TomlReaderTest, AcceptsTheLeastProfile) { EXPECT_THAT(problems_of(kBase), ElementsAre()); }

TEST(TomlReaderTest, SuggestsTheKeyThatWasMeant) {
  EXPECT_THAT(problems_after_base("[model_defaults.batching]\nenabled = true\n"
                                  "    max_queue_dealy = \"5ms\"\n"),
              ElementsAre("p.toml:5:5: unknown key 'max_queue_dealy' in [model_defaults.batching]; "
                          "did you mean 'max_queue_delay'?"));
}

TEST(TomlReaderTest, ListsTheKnownKeysWhenNoneIsNear) {
  EXPECT_THAT(problems_after_base("[limits]\nfrobnicate = 1\n"),
              ElementsAre("p.toml:4:1: unknown key 'frobnicate' in [limits]; known are "
                          "requests_per_second, burst, max_in_flight_requests"));
}

TEST(TomlReaderTest, ReportsEveryProblemInTheOrderOfTheFile) {
  EXPECT_THAT(
      problems_of("[server]\n"
                  "io_threads = \"two\"\n"
                  "max_body_bytes = \"64Mb\"\n"
                  "max_connections = 0\n"
                  "colour = 1\n"),
      ElementsAre(HasSubstr("p.toml:2:14: server.io_threads: expected an integer in 0..256, "
                            "found the text \"two\""),
                  HasSubstr("p.toml:3:18: server.max_body_bytes: expected a size such as "
                            "\"64MiB\", found \"64Mb\" (units are"),
                  HasSubstr("p.toml:4:19: server.max_connections: expected 1..1000000, found 0"),
                  HasSubstr("p.toml:5:1: unknown key 'colour' in [server]")));
}

TEST(TomlReaderTest, ReportsRulesBesideAnUnknownKey) {
  EXPECT_THAT(problems_of("nmae = \"x\"\n[[tiers]]\n"),
              testing::Contains(HasSubstr("expected at least one [[devices]]")));
}

TEST(TomlReaderTest, AValueOutOfRangeIsNamedWhereItStands) {
  EXPECT_THAT(
      problems_after_base("[model_defaults.batching]\nmax_queue_delay = \"51ms\"\n"),
      ElementsAre(
          "p.toml:4:19: model_defaults.batching.max_queue_delay: expected 0..50ms, found 51ms"));
}

TEST(TomlReaderTest, AnUnknownWordNamesThoseThatAreKnown) {
  EXPECT_THAT(problems_after_base("[model_defaults]\nplacement = \"gpu\"\n"),
              ElementsAre("p.toml:4:13: model_defaults.placement: expected one of \"auto\", "
                          "\"process\", \"host\", found the text \"gpu\""));
}

TEST(TomlReaderTest, AWrongKindOfTableIsNamed) {
  EXPECT_THAT(problems_after_base("models = 3\n"), ElementsAre(HasSubstr("unknown key 'models'")));
  EXPECT_THAT(problems_of("server = 3\n[[tiers]]\n[[devices]]\n"),
              ElementsAre("p.toml:1:10: server: expected the table [server], found the integer 3"));
  EXPECT_THAT(
      problems_of("tiers = [1]\n[[devices]]\n"),
      testing::Contains(HasSubstr("expected entries under [[tiers]], found the integer 1")));
}

TEST(TomlReaderTest, ASyntaxErrorNamesItsPlace) {
  EXPECT_THAT(problems_of("name = \"x\"\nserver = = 1\n"),
              ElementsAre(testing::AllOf(HasSubstr("p.toml:2:"), HasSubstr("not TOML"))));
}

TEST(TomlReaderTest, AHeaderWithoutANameIsAProblemNotACrash) {
  EXPECT_THAT(problems_of("name = \"x\"\n  [[[tiers]]]\n"),
              ElementsAre("p.toml:2:5: not TOML: expected a table's name after '['"));
  EXPECT_THAT(problems_of("[=]\n"),
              ElementsAre("p.toml:1:2: not TOML: expected a table's name after '['"));
}

TEST(TomlReaderTest, LettersBeyondAsciiStandInTextsOnly) {
  EXPECT_THAT(problems_of("[[tiers]]\nrole = \"r\u00e9gion\"  # \u00e9\n[[devices]]\n"),
              ElementsAre());
  EXPECT_THAT(problems_of("name = \u00e9\n"), ElementsAre(HasSubstr("p.toml:1:8: not TOML")));
}

TEST(TomlReaderTest, AKeyGivenTwiceIsAnError) {
  EXPECT_THAT(problems_of("name = \"x\"\nname = \"y\"\n"), ElementsAre(HasSubstr("p.toml:2:")));
}

TEST(TomlReaderTest, SharesReadAsNumbersAndPercentages) {
  const ParsedProfile parsed = parse_profile(
      "[[tiers]]\navailability = \"99.9%\"\naccuracy = 1\n"
      "[[tiers]]\nid = 1\nname = \"b\"\navailability = 0.5\naccuracy = \"none\"\n[[devices]]\n",
      "p.toml");
  ASSERT_TRUE(parsed.problems.empty()) << parsed.problems.front().message;
  EXPECT_DOUBLE_EQ(parsed.profile.tiers[0].availability, 0.999);
  EXPECT_DOUBLE_EQ(parsed.profile.tiers[0].accuracy.value(), 1);
  EXPECT_FALSE(parsed.profile.tiers[1].accuracy.has_value());
}

TEST(TomlReaderTest, AListedModelStartsFromTheDefaultsWhereverTheyStand) {
  const ParsedProfile parsed = parse_profile(
      "[[models]]\nname = \"a\"\n[models.batching]\nmax_batch_rows = 8\n"
      "[model_defaults]\nintra_op_threads = 2\n[model_defaults.batching]\nmax_queue_delay = "
      "\"1ms\"\n"
      "[[tiers]]\n[[devices]]\n",
      "p.toml");
  ASSERT_TRUE(parsed.problems.empty()) << parsed.problems.front().message;
  const ModelPolicy policy = parsed.profile.policy_for("a");
  EXPECT_EQ(policy.intra_op_threads, 2);
  EXPECT_EQ(policy.batching.max_batch_rows, 8);
  EXPECT_EQ(policy.batching.max_queue_delay, std::chrono::milliseconds(1));
}

TEST(TomlReaderTest, ModelDefaultsTakeNoName) {
  EXPECT_THAT(problems_after_base("[model_defaults]\nname = \"a\"\n"),
              ElementsAre(HasSubstr("unknown key 'name' in [model_defaults]")));
}

TEST(TomlReaderTest, ATooLongTextIsRefusedUnread) {
  const std::string text(std::size_t{5} << 20, '#');
  EXPECT_THAT(problems_of(text), ElementsAre(HasSubstr("at most 4 MiB")));
}

TEST(TomlReaderTest, ReportsAtMostAHundredProblems) {
  std::string text;
  for (int key = 0; key < 500; ++key) text += fmt::format("unknown_{} = 1\n", key);
  EXPECT_EQ(problems_of(text).size(), 100U);
}

TEST(TomlReaderTest, DeepNestingIsAProblemNotACrash) {
  const std::string text = "a = " + std::string(200'000, '[');
  EXPECT_THAT(problems_of(text), ElementsAre(HasSubstr("not TOML")));
}

}  // namespace
}  // namespace temper::profile
