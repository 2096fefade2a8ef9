#include "temper/gateway/drift/watched_version.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "temper/gateway/drift/drift_fixture.h"

namespace temper::gateway {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kHour = 3'600;
constexpr WallTime kNow(std::chrono::seconds(2'000'000'000));

class WatchedVersionTest : public ::testing::Test {
 protected:
  WatchedVersion watched() {
    auto created = WatchedVersion::create(*record_, reference_,
                                          {.policy = drift::Policy::kCalibrated,
                                           .check_interval_ns = kHour * 1'000'000'000,
                                           .baseline = std::nullopt});
    EXPECT_TRUE(created) << created.error().message;
    return std::move(*created);
  }
  /// What was found about one side: the sides take turns as the calls do.
  static std::string of(const std::string& side, const std::string& found) {
    std::istringstream lines(found);
    std::string picked;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(side)) picked += line + "\n";
    }
    return picked;
  }
  /// A row a second from `first`; everything that was found, as text.
  std::string play(WatchedVersion& version, std::int64_t first, std::int64_t rows, double shift,
                   std::uint64_t seed, bool quiet_at_the_end = true) {
    Rng rng(seed);
    std::string found;
    for (std::int64_t second = first; second < first + rows; ++second) {
      version.add(drift_evidence(record_, rng, second, shift).evidence);
      collect(version.advance(false, kNow), found);
    }
    if (quiet_at_the_end) collect(version.advance(true, kNow), found);
    return found;
  }
  void collect(const DriftProgress& progress, std::string& found) {
    checks_ += progress.checks;
    for (const DriftFinding& finding : progress.findings) {
      found += finding.kind + " " + std::to_string(finding.event_time_ns) + " " + finding.evidence +
               "\n";
    }
  }

  std::shared_ptr<const registry::VersionRecord> record_ =
      std::make_shared<registry::VersionRecord>(drift_record());
  drift::DriftReference reference_ = drift_reference();
  std::uint64_t checks_ = 0;
};

TEST_F(WatchedVersionTest, IsSilentWhileNothingChanges) {
  WatchedVersion version = watched();
  EXPECT_EQ(play(version, 0, 6 * kHour + 1, 0, 7), "");
  EXPECT_EQ(checks_, 12U) << "six of the features, six of the output";
}

TEST_F(WatchedVersionTest, NamesTheFeatureThatMovedAndTheOutput) {
  WatchedVersion version = watched();
  const std::string found = play(version, 0, 2 * kHour + 1, 1, 7);
  EXPECT_THAT(found, HasSubstr("covariate "));
  EXPECT_THAT(found, HasSubstr(R"("type":"alarm")"));
  EXPECT_THAT(found, HasSubstr(R"("feature":"x[0]")"));
  EXPECT_THAT(found, HasSubstr(R"("type":"check","policy":"calibrated","drift":true)"));
  EXPECT_THAT(found, HasSubstr(R"("features":[{"name":"x[0]","drift":true)"));
  EXPECT_THAT(found, HasSubstr("prediction "));
}

TEST_F(WatchedVersionTest, TheSameRowsGiveTheSameVerdictsAtAnySpeed) {
  WatchedVersion fast = watched();
  WatchedVersion slow = watched();
  const std::string at_once = play(fast, 0, 2 * kHour + 1, 0.4, 9);
  std::string in_pieces;
  Rng rng(9);
  for (std::int64_t second = 0; second < 2 * kHour + 1; ++second) {
    slow.add(drift_evidence(record_, rng, second, 0.4).evidence);
    // A slow replay pauses after every few rows.
    collect(slow.advance(second % 3 == 0, kNow), in_pieces);
  }
  collect(slow.advance(true, kNow), in_pieces);
  for (const char* side : {"covariate", "prediction"}) {
    EXPECT_NE(of(side, at_once), "");
    EXPECT_EQ(of(side, in_pieces), of(side, at_once));
  }
}

TEST_F(WatchedVersionTest, ARestartGoesOnInTheSameWindow) {
  WatchedVersion whole = watched();
  const std::string expected = play(whole, 0, 2 * kHour + 1, 0.4, 9);
  WatchedVersion before = watched();
  Rng rng(9);
  std::string found;
  WatchedVersion* version = &before;
  std::optional<WatchedVersion> after;
  for (std::int64_t second = 0; second < 2 * kHour + 1; ++second) {
    if (second == kHour / 2) {
      collect(version->advance(true, kNow), found);
      after.emplace(watched());
      for (const auto& [part, bytes] : version->save()) {
        ASSERT_TRUE(after->restore(part, bytes));
      }
      version = &*after;
    }
    version->add(drift_evidence(record_, rng, second, 0.4).evidence);
    collect(version->advance(false, kNow), found);
  }
  collect(version->advance(true, kNow), found);
  for (const char* side : {"covariate", "prediction"}) {
    EXPECT_EQ(of(side, found), of(side, expected));
  }
}

TEST_F(WatchedVersionTest, AChangeThatStaysAlarmsOnceUntilACheckIsClean) {
  WatchedVersion version = watched();
  std::string found = play(version, 0, kHour, 1, 7, false);
  found += play(version, kHour, kHour, 1, 8);
  const auto alarms = [&found] {
    std::size_t count = 0;
    const std::string word =
        R"("type":"alarm","policy":"calibrated","drift":true,"feature":"x[0]")";
    for (std::size_t at = found.find(word); at != std::string::npos;
         at = found.find(word, at + 1)) {
      ++count;
    }
    return count;
  };
  EXPECT_EQ(alarms(), 1U);
  found += play(version, 2 * kHour, 2 * kHour, 0, 9);
  found += play(version, 4 * kHour, kHour, 1, 10);
  EXPECT_EQ(alarms(), 2U);
}

TEST_F(WatchedVersionTest, LabelsThatDisagreeAreConceptDrift) {
  WatchedVersion version = watched();
  std::string found = play(version, 0, kHour / 2, 0, 7, false);
  for (int label = 0; label < 2'000; ++label)
    version.add_label(label * 500'000'000LL, label % 3 > 0);
  found += play(version, kHour / 2, kHour, 0, 8);
  EXPECT_THAT(found, HasSubstr("concept "));
  EXPECT_THAT(found, HasSubstr(R"("concept":true)"));
}

TEST_F(WatchedVersionTest, AnAnswerOfSomeOutputsCountsForTheFeaturesOnly) {
  WatchedVersion version = watched();
  Rng rng(7);
  std::string found;
  for (std::int64_t second = 0; second < kHour + 1; ++second) {
    Evidence evidence = *drift_evidence(record_, rng, second, 0).evidence;
    evidence.outputs.clear();
    evidence.output_indices.clear();
    version.add(std::make_shared<Evidence>(evidence));
    collect(version.advance(false, kNow), found);
  }
  collect(version.advance(true, kNow), found);
  EXPECT_EQ(checks_, 1U);
}

TEST_F(WatchedVersionTest, LiveWindowsCloseByTheWallsClock) {
  WatchedVersion version = watched();
  Rng rng(7);
  std::string found;
  const std::int64_t start = 1'999'999'000 / kHour * kHour;
  for (std::int64_t second = start; second < start + 1'000; ++second) {
    Evidence evidence = *drift_evidence(record_, rng, second, 0).evidence;
    evidence.arrival = evidence.event_time;
    version.add(std::make_shared<Evidence>(evidence));
  }
  collect(version.advance(true, WallTime(std::chrono::seconds(start + kHour))), found);
  EXPECT_EQ(checks_, 0U) << "half a minute is allowed for stragglers";
  collect(version.advance(true, WallTime(std::chrono::seconds(start + kHour + 31))), found);
  EXPECT_EQ(checks_, 2U);
}

TEST_F(WatchedVersionTest, AReferenceOfOtherFeaturesIsRefused) {
  reference_.covariates->features.pop_back();
  const auto created = WatchedVersion::create(*record_, reference_, {});
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, ErrorCode::kFailedPrecondition);
}

}  // namespace
}  // namespace temper::gateway
