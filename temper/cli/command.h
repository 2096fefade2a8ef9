// One command of the program: where it stands in `temper NOUN VERB`, its options, and what it does.
//
// Each command lives in a file of its own and is listed in commands.h. Results go to stdout,
// progress and errors to stderr. Exit codes are the same everywhere: see `ExitCode`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/result.h"

namespace temper::cli {

enum ExitCode : int {
  kOk = 0,
  /// The work was done and the answer is "no": a check failed, a model was refused.
  kNegative = 1,
  /// The command line was wrong.
  kUsage = 2,
  /// The work could not be done: a file is missing, a server does not answer.
  kFailed = 3,
};

/// Declares options; the values are set before the action runs. (CLI11 stays behind this door.)
class Options {
 public:
  virtual ~Options() = default;
  /// `name` as typed: "--rows" for an option, "NAME" for a positional argument.
  virtual void flag(bool& target, std::string_view name, std::string_view help) = 0;
  virtual void text(std::string& target, std::string_view name, std::string_view help) = 0;
  virtual void integer(std::int64_t& target, std::string_view name, std::string_view help) = 0;
  virtual void number(double& target, std::string_view name, std::string_view help) = 0;
  virtual void texts(std::vector<std::string>& target, std::string_view name,
                     std::string_view help) = 0;
  /// The last declared option must be given.
  virtual void required() = 0;
  /// The last declared option takes one of these.
  virtual void one_of(const std::vector<std::string>& values) = 0;
};

using Action = std::function<int()>;

struct Command {
  /// "serve", "model add".
  std::string path;
  std::string summary;
  /// Shown under --help, one command line each.
  std::vector<std::string> examples;
  std::function<Action(Options&)> declare;
  /// Not listed in help: for our own child processes.
  bool hidden = false;
};

/// Parses argv against the commands, runs the one named and returns its exit code.
int run_command_line(int argc, char** argv, const std::vector<Command>& commands);

/// `--output text|json`, which every command has.
enum class OutputFormat { kText, kJson };
void declare_output(Options& options, std::string& target);

/// Prints the error to stderr ("temper: INVALID_ARGUMENT: ..."), or as JSON on stdout where asked,
/// and gives the exit code for it: kNegative for a refusal of the input, kFailed for the rest.
int report_error(const Error& error, std::string_view output);

}  // namespace temper::cli
