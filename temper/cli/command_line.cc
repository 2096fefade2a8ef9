#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <memory>

#include "temper/cli/command.h"
#include "temper/core/log.h"

namespace temper::cli {
namespace {

class Cli11Options final : public Options {
 public:
  explicit Cli11Options(CLI::App& app) : app_(app) {}

  void flag(bool& target, std::string_view name, std::string_view help) override {
    last_ = app_.add_flag(std::string(name), target, std::string(help));
  }
  void text(std::string& target, std::string_view name, std::string_view help) override {
    add(target, name, help);
  }
  void integer(std::int64_t& target, std::string_view name, std::string_view help) override {
    add(target, name, help);
  }
  void number(double& target, std::string_view name, std::string_view help) override {
    add(target, name, help);
  }
  void texts(std::vector<std::string>& target, std::string_view name,
             std::string_view help) override {
    add(target, name, help);
  }
  void required() override { last_->required(); }
  void one_of(const std::vector<std::string>& values) override {
    last_->check(CLI::IsMember(values));
  }

 private:
  template <typename T>
  void add(T& target, std::string_view name, std::string_view help) {
    last_ = app_.add_option(std::string(name), target, std::string(help));
    last_->capture_default_str();
  }
  CLI::App& app_;
  CLI::Option* last_ = nullptr;
};

std::string noun_of(const std::string& path) { return path.substr(0, path.find(' ')); }

std::string examples_text(const Command& command) {
  std::string text;
  for (const std::string& example : command.examples) text += "  " + example + "\n";
  return text.empty() ? text : "\nExamples:\n" + text;
}

}  // namespace

int run_command_line(int argc, char** argv, const std::vector<Command>& commands) {
  CLI::App app{"Temper hardens machine-learning models in production.", "temper"};
  app.set_version_flag("--version", "temper 0.1.0");
  app.require_subcommand(1);
  app.footer(
      "\nExit codes: 0 done; 1 the answer is no (a check failed, an input was refused);\n"
      "2 wrong command line; 3 the work could not be done.");

  struct Declared {
    CLI::App* app;
    std::unique_ptr<Cli11Options> options;
    Action action;
  };
  std::vector<Declared> declared;
  std::map<std::string, CLI::App*> nouns;
  for (const Command& command : commands) {
    const std::string noun = noun_of(command.path);
    CLI::App* leaf = nullptr;
    if (noun == command.path) {
      // A noun that is a command itself may have verbs too ("drift REF CUR", "drift calibrate
      // REF"), when it is listed before them.
      leaf = app.add_subcommand(command.path, command.summary);
      nouns[noun] = leaf;
    } else {
      CLI::App*& parent = nouns[noun];
      if (parent == nullptr) {
        parent = app.add_subcommand(noun, "see `temper " + noun + " --help`");
        parent->require_subcommand(1);
      }
      leaf = parent->add_subcommand(command.path.substr(noun.size() + 1), command.summary);
    }
    if (command.hidden) leaf->group("");
    leaf->footer(examples_text(command));
    auto options = std::make_unique<Cli11Options>(*leaf);
    Action action = command.declare(*options);
    declared.push_back({leaf, std::move(options), std::move(action)});
  }

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kUsage;
  }
  for (const Declared& each : declared) {
    if (each.app->parsed() && each.app->get_subcommands().empty()) return each.action();
  }
  return kUsage;
}

void declare_output(Options& options, std::string& target) {
  target = "text";
  options.text(target, "--output", "how results are printed");
  options.one_of({"text", "json"});
}

int report_error(const Error& error, std::string_view output) {
  if (output == "json") {
    fmt::print(R"({{"error":{{"code":"{}","message":{}}}}})"
               "\n",
               error_code_name(error.code), log::json_quote(error.message));
  } else {
    fmt::print(stderr, "temper: {}: {}\n", error_code_name(error.code), error.message);
  }
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kFailedPrecondition:
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kNotFound:
      return kNegative;
    default:
      return kFailed;
  }
}

}  // namespace temper::cli
