#include <gtest/gtest.h>

#include "temper/core/rng.h"
#include "temper/profile/profile.h"
#include "temper/profile/schema.h"

namespace temper::profile {
namespace {

constexpr std::uint64_t kSeed = 7;

/// Gives every key of a table a random value within its range; rules between values may break.
class Scrambler {
 public:
  explicit Scrambler(Rng& rng) : rng_(rng) {}

  void text(std::string_view, std::string& value, const TextRule& rule) {
    constexpr std::string_view kTexts[] = {
        "", "a-1", "b_2", "Model.3", "127.0.0.1:0", "q\"\\ 'é", "unix:/run/x"};
    const std::string candidate(kTexts[rng_.below(std::size(kTexts))]);
    if (rule.holds(candidate)) value = candidate;
  }
  void path(std::string_view, std::string& value) {
    value = rng_.below(2) == 0 ? "" : fmt::format("/etc/{}.pem", rng_.below(9));
  }
  void integer(std::string_view, std::int64_t& value, Range<std::int64_t> range) {
    value = range.least + static_cast<std::int64_t>(
                              rng_.below(static_cast<std::uint64_t>(range.most - range.least + 1)));
  }
  void optional_integer(std::string_view key, std::optional<std::int64_t>& value,
                        Range<std::int64_t> range) {
    value.reset();
    if (rng_.below(2) == 0) return;
    value.emplace();
    integer(key, *value, range);
  }
  void integers(std::string_view key, std::vector<std::int64_t>& values,
                Range<std::int64_t> range) {
    values.assign(rng_.below(3), 0);
    for (std::int64_t& value : values) integer(key, value, range);
  }
  void number(std::string_view, double& value, Range<double> range) {
    value = range.least + rng_.uniform() * (range.most - range.least);
    if (rng_.below(4) == 0) value = range.most;
    if (rng_.below(4) == 0) value = range.least;
  }
  void ratio(std::string_view key, double& value, Range<double> range) {
    number(key, value, range);
  }
  void optional_ratio(std::string_view key, std::optional<double>& value, Range<double> range) {
    value.reset();
    if (rng_.below(2) == 0) return;
    value.emplace();
    number(key, *value, range);
  }
  void duration(std::string_view, Duration& value, Range<Duration> range) {
    value = range.least + Duration(static_cast<std::int64_t>(rng_.below(
                              static_cast<std::uint64_t>((range.most - range.least).count()) + 1)));
  }
  void size(std::string_view, std::uint64_t& value, Range<std::uint64_t> range) {
    value = range.least + rng_.below(range.most - range.least + 1);
  }
  void boolean(std::string_view, bool& value) { value = rng_.below(2) == 0; }
  template <typename E>
  void choice(std::string_view, E& value) {
    value = kChoices<E>[rng_.below(kChoices<E>.size())].value;
  }
  template <typename E>
  void choices(std::string_view, std::vector<E>& values) {
    values.clear();
    for (const Choice<E>& each : kChoices<E>) {
      if (values.empty() || rng_.below(2) == 0) values.push_back(each.value);
    }
  }
  template <typename Describe>
  void table(std::string_view, const Describe& describe_table) {
    describe_table(*this);
  }
  template <typename T, typename Start, typename Describe>
  void tables(std::string_view, std::vector<T>& items, const Start&,
              const Describe& describe_item) {
    items.assign(rng_.below(3), T{});
    for (T& item : items) describe_item(*this, item);
  }

 private:
  Rng& rng_;
};

std::string first_problem(const ParsedProfile& parsed) {
  return parsed.problems.empty() ? "" : problem_text(parsed.problems.front(), "view");
}

TEST(RoundTripPropertyTest, TheEffectiveViewOfAnyProfileReadsBackEqual) {
  Rng rng(kSeed);
  for (int round = 0; round < 500; ++round) {
    Profile profile;
    Scrambler scramble(rng);
    describe(scramble, profile);
    const std::string view = to_toml(profile);
    const ParsedProfile parsed = parse_profile(view, "/etc/p.toml");
    EXPECT_EQ(parsed.profile, profile) << "seed " << kSeed << " round " << round << "\n"
                                       << first_problem(parsed) << "\n"
                                       << view;
  }
}

TEST(RoundTripPropertyTest, AViewBreaksTheSameRulesAsItsProfile) {
  Rng rng(kSeed + 1);
  for (int round = 0; round < 200; ++round) {
    Profile profile;
    Scrambler scramble(rng);
    describe(scramble, profile);
    const std::vector<Problem> direct = validate(profile);
    const ParsedProfile parsed = parse_profile(to_toml(profile), "/etc/p.toml");
    EXPECT_EQ(parsed.problems.empty(), direct.empty())
        << "seed " << kSeed + 1 << " round " << round;
  }
}

TEST(RoundTripPropertyTest, EveryMutilationOfAProfileIsReadWithoutACrash) {
  Rng rng(kSeed + 2);
  const std::string whole = to_toml(built_in_profile());
  std::size_t refused = 0;
  for (int round = 0; round < 300; ++round) {
    std::string text = whole;
    for (std::uint64_t cut = 0; cut <= rng.below(4); ++cut) {
      text.erase(rng.below(text.size()), 1 + rng.below(40));
    }
    refused += parse_profile(text, "/etc/p.toml").problems.empty() ? 0 : 1;
  }
  EXPECT_GT(refused, 100U) << "a strict reader notices most cuts; seed " << kSeed + 2;
}

}  // namespace
}  // namespace temper::profile
