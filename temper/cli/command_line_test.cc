#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "temper/cli/command.h"

namespace temper::cli {
namespace {

struct Seen {
  std::string name;
  std::int64_t rows = 7;
  bool binary = false;
  int runs = 0;
};

Command probe_command(Seen& seen, std::string path) {
  return {.path = std::move(path),
          .summary = "a command for the test",
          .examples = {"temper probe x"},
          .declare = [&seen](Options& options) -> Action {
            options.text(seen.name, "NAME", "a name");
            options.required();
            options.integer(seen.rows, "--rows", "how many");
            options.flag(seen.binary, "--binary", "as bytes");
            return [&seen] {
              ++seen.runs;
              return kOk;
            };
          },
          .hidden = false};
}

int run(std::vector<std::string> arguments, const std::vector<Command>& commands) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  return run_command_line(static_cast<int>(argv.size()), argv.data(), commands);
}

TEST(CommandLineTest, RunsANounWithItsVerbAndSetsTheOptions) {
  Seen seen;
  EXPECT_EQ(run({"temper", "probe", "add", "flights", "--rows", "3", "--binary"},
                {probe_command(seen, "probe add")}),
            kOk);
  EXPECT_EQ(seen.runs, 1);
  EXPECT_EQ(seen.name, "flights");
  EXPECT_EQ(seen.rows, 3);
  EXPECT_TRUE(seen.binary);
}

TEST(CommandLineTest, ANounThatIsACommandMayHaveVerbsToo) {
  std::string left;
  std::string right;
  int runs = 0;
  const Command noun{.path = "drift",
                     .summary = "compares two files",
                     .examples = {},
                     .declare = [&](Options& options) -> Action {
                       options.text(left, "LEFT", "one");
                       options.text(right, "RIGHT", "the other");
                       return [&runs] {
                         ++runs;
                         return kOk;
                       };
                     },
                     .hidden = false};
  Seen seen;
  const std::vector<Command> commands{noun, probe_command(seen, "drift probe")};
  EXPECT_EQ(run({"temper", "drift", "a", "b"}, commands), kOk);
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(left + right, "ab");
  EXPECT_EQ(run({"temper", "drift", "probe", "c", "--rows", "3"}, commands), kOk);
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(seen.runs, 1);
  EXPECT_EQ(seen.name, "c");
}

TEST(CommandLineTest, KeepsDefaultsThatAreNotGiven) {
  Seen seen;
  EXPECT_EQ(run({"temper", "probe", "flights"}, {probe_command(seen, "probe")}), kOk);
  EXPECT_EQ(seen.rows, 7);
  EXPECT_FALSE(seen.binary);
}

TEST(CommandLineTest, AWrongCommandLineRunsNothingAndSaysUsage) {
  Seen seen;
  const std::vector<Command> commands{probe_command(seen, "probe")};
  EXPECT_EQ(run({"temper"}, commands), kUsage);
  EXPECT_EQ(run({"temper", "probe"}, commands), kUsage);
  EXPECT_EQ(run({"temper", "probe", "x", "--rows", "many"}, commands), kUsage);
  EXPECT_EQ(run({"temper", "probe", "x", "--colour", "red"}, commands), kUsage);
  EXPECT_EQ(seen.runs, 0);
}

TEST(CommandLineTest, HelpIsNoError) {
  Seen seen;
  EXPECT_EQ(run({"temper", "probe", "--help"}, {probe_command(seen, "probe")}), kOk);
  EXPECT_EQ(seen.runs, 0);
}

TEST(CommandLineTest, RefusalsAndFailuresHaveDifferentExitCodes) {
  EXPECT_EQ(report_error({.code = ErrorCode::kInvalidArgument, .message = "bad"}, "text"),
            kNegative);
  EXPECT_EQ(report_error({.code = ErrorCode::kUnavailable, .message = "down"}, "text"), kFailed);
}

}  // namespace
}  // namespace temper::cli
