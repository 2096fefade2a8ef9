// TOML text into a Profile: a visitor over schema.h. The only file that sees toml++.
#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

#include "temper/profile/profile.h"
#include "temper/profile/schema.h"
#include "temper/profile/spelling.h"
#include "temper/profile/toml_library.h"

namespace temper::profile {
namespace {

// A hostile file must not cost minutes; a real profile is a few kilobytes.
constexpr std::size_t kMaxTextBytes = std::size_t{4} << 20;
constexpr std::size_t kMaxProblems = 100;
constexpr std::size_t kMaxEntries = 10'000;

std::string_view kind_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "a boolean";
    default:
      return "a date or time";
  }
}

/// "the integer 60", "the text \"60\"", "a table".
std::string found_text(const toml::node& node) {
  if (const auto* value = node.as_integer()) return fmt::format("the integer {}", value->get());
  if (const auto* value = node.as_floating_point()) {
    return fmt::format("the number {}", value->get());
  }
  if (const auto* value = node.as_boolean()) return value->get() ? "true" : "false";
  if (const auto* value = node.as_string()) {
    return fmt::format("the text \"{}\"", value->get().substr(0, 64));
  }
  return std::string(kind_of(node));
}

/// Where each key stands, by its path; shared by the readers of all tables of one file.
struct Sheet {
  std::vector<Problem> problems;
  std::map<std::string, toml::source_position> positions;
  std::filesystem::path folder;

  void report(std::string key, std::string message, toml::source_position position) {
    if (problems.size() >= kMaxProblems) return;
    problems.push_back({.key = std::move(key),
                        .message = std::move(message),
                        .line = position.line,
                        .column = position.column});
  }
};

/// Reads one table. `finish` then reports every key that nobody asked for.
class TableReader {
 public:
  /// `name` as in the file's header line ("" for the top), `path` as in Problem::key.
  TableReader(Sheet& sheet, const toml::table& table, std::string name, std::string path)
      : sheet_(sheet), table_(table), name_(std::move(name)), path_(std::move(path)) {}

  void text(std::string_view key, std::string& value, const TextRule& rule) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    if (const auto* text = node->as_string()) {
      value = text->get();
    } else {
      refuse(key, *node, rule.expected);
    }
  }

  void path(std::string_view key, std::string& value) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const auto* text = node->as_string();
    if (text == nullptr) return refuse(key, *node, "a path");
    value = text->get();
    const std::filesystem::path given(value);
    if (!value.empty() && given.is_relative()) value = (sheet_.folder / given).lexically_normal();
  }

  void integer(std::string_view key, std::int64_t& value, Range<std::int64_t> range) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    if (const auto* number = node->as_integer()) {
      value = number->get();
    } else {
      refuse(key, *node, fmt::format("an integer in {}..{}", range.least, range.most));
    }
  }

  void optional_integer(std::string_view key, std::optional<std::int64_t>& value,
                        Range<std::int64_t> range) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    if (is_none(*node)) {
      value.reset();
    } else if (const auto* number = node->as_integer()) {
      value = number->get();
    } else {
      refuse(key, *node, fmt::format("an integer in {}..{} or \"none\"", range.least, range.most));
    }
  }

  void integers(std::string_view key, std::vector<std::int64_t>& values,
                Range<std::int64_t> range) {
    const auto read = [&](const toml::node& node) -> std::optional<std::int64_t> {
      return node.value_exact<std::int64_t>();
    };
    list(key, values, fmt::format("integers in {}..{}", range.least, range.most), read);
  }

  void number(std::string_view key, double& value, Range<double> range) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    if (const std::optional<double> read =
            node->is_number() ? node->value<double>() : std::nullopt) {
      value = *read;
    } else {
      refuse(key, *node, fmt::format("a number in {}..{}", range.least, range.most));
    }
  }

  void ratio(std::string_view key, double& value, Range<double>) {
    const toml::node* node = find(key);
    if (node != nullptr) read_ratio(key, *node, value, "");
  }

  void optional_ratio(std::string_view key, std::optional<double>& value, Range<double>) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    double read = value.value_or(0);
    if (is_none(*node)) {
      value.reset();
    } else if (read_ratio(key, *node, read, " or \"none\"")) {
      value = read;
    }
  }

  void duration(std::string_view key, Duration& value, Range<Duration>) {
    quantity(key, value, parse_duration, "a duration such as \"5ms\"");
  }
  void size(std::string_view key, std::uint64_t& value, Range<std::uint64_t>) {
    quantity(key, value, parse_size, "a size such as \"64MiB\"");
  }

  void boolean(std::string_view key, bool& value) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    if (const auto* read = node->as_boolean()) {
      value = read->get();
    } else {
      refuse(key, *node, "true or false");
    }
  }

  template <typename E>
  void choice(std::string_view key, E& value) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    if (const std::optional<E> read = read_choice<E>(*node)) {
      value = *read;
    } else {
      refuse(key, *node, choices_text<E>("one of"));
    }
  }

  template <typename E>
  void choices(std::string_view key, std::vector<E>& values) {
    list(key, values, choices_text<E>("of"),
         [](const toml::node& node) { return read_choice<E>(node); });
  }

  template <typename Describe>
  void table(std::string_view key, const Describe& describe_table) {
    const toml::node* node = find(key);
    const toml::table* inner = node == nullptr ? nullptr : node->as_table();
    if (node != nullptr && inner == nullptr) {
      return refuse(key, *node, fmt::format("the table [{}]", name_of(key)));
    }
    if (inner == nullptr) return;
    TableReader reader(sheet_, *inner, name_of(key), path_of(key) + ".");
    describe_table(reader);
    reader.finish();
  }

  template <typename T, typename Start, typename Describe>
  void tables(std::string_view key, std::vector<T>& items, const Start& start,
              const Describe& describe_item) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const toml::array* entries = node->as_array();
    if (entries == nullptr) {
      return refuse(key, *node, fmt::format("entries under [[{}]]", name_of(key)));
    }
    if (entries->size() > kMaxEntries) {
      return refuse(key, *node, fmt::format("at most {} entries", kMaxEntries));
    }
    for (std::size_t index = 0; index < entries->size(); ++index) {
      const std::string path = fmt::format("{}[{}]", path_of(key), index);
      const toml::node& entry = *entries->get(index);
      const toml::table* inner = entry.as_table();
      sheet_.positions.emplace(path, entry.source().begin);
      if (inner == nullptr) {
        refuse(key, entry, fmt::format("entries under [[{}]]", name_of(key)));
        continue;
      }
      TableReader reader(sheet_, *inner, name_of(key), path + ".");
      const auto peek = [&](std::string_view sought) -> std::optional<std::int64_t> {
        return (*inner)[sought].template value_exact<std::int64_t>();
      };
      T item = start(peek);
      describe_item(reader, item);
      reader.finish();
      items.push_back(std::move(item));
    }
  }

  void finish() {
    for (const auto& [key, node] : table_) {
      if (std::ranges::find(known_, key.str()) != known_.end()) continue;
      const std::string place =
          name_.empty() ? std::string("at the top") : fmt::format("in [{}]", name_);
      const std::string_view nearest = nearest_word(key.str(), known_);
      const std::string hint = nearest.empty()
                                   ? fmt::format("known are {}", fmt::join(known_, ", "))
                                   : fmt::format("did you mean '{}'?", nearest);
      sheet_.report("",
                    fmt::format("unknown key '{}' {}; {}", key.str().substr(0, 64), place, hint),
                    key.source().begin);
    }
  }

 private:
  [[nodiscard]] std::string path_of(std::string_view key) const { return path_ + std::string(key); }
  [[nodiscard]] std::string name_of(std::string_view key) const {
    return name_.empty() ? std::string(key) : fmt::format("{}.{}", name_, key);
  }

  const toml::node* find(std::string_view key) {
    known_.push_back(key);
    const toml::node* node = table_.get(key);
    if (node != nullptr) sheet_.positions.emplace(path_of(key), node->source().begin);
    return node;
  }

  void refuse(std::string_view key, const toml::node& node, std::string_view expected) {
    sheet_.report(path_of(key), fmt::format("expected {}, found {}", expected, found_text(node)),
                  node.source().begin);
  }

  static bool is_none(const toml::node& node) {
    const auto* text = node.as_string();
    return text != nullptr && text->get() == "none";
  }

  bool read_ratio(std::string_view key, const toml::node& node, double& value,
                  std::string_view alternative) {
    if (const auto* text = node.as_string()) {
      if (const Result<double> read = parse_percentage(text->get())) {
        value = *read;
        return true;
      }
    } else if (node.is_number()) {
      value = node.value<double>().value_or(value);
      return true;
    }
    refuse(key, node, fmt::format("a share such as 0.999 or \"99.9%\"{}", alternative));
    return false;
  }

  template <typename T>
  void quantity(std::string_view key, T& value, Result<T> (*parse)(std::string_view),
                std::string_view expected) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const auto* text = node->as_string();
    if (text == nullptr) return refuse(key, *node, expected);
    Result<T> read = parse(text->get());
    if (read) {
      value = *read;
    } else {
      sheet_.report(path_of(key), std::move(read).error().message, node->source().begin);
    }
  }

  template <typename E>
  static std::optional<E> read_choice(const toml::node& node) {
    const auto* text = node.as_string();
    if (text == nullptr) return std::nullopt;
    for (const Choice<E>& choice : kChoices<E>) {
      if (choice.name == text->get()) return choice.value;
    }
    return std::nullopt;
  }

  template <typename E>
  static std::string choices_text(std::string_view lead) {
    std::string text(lead);
    for (const Choice<E>& choice : kChoices<E>) {
      text += fmt::format("{}\"{}\"", text.size() == lead.size() ? " " : ", ", choice.name);
    }
    return text;
  }

  template <typename T, typename Read>
  void list(std::string_view key, std::vector<T>& values, std::string_view expected,
            const Read& read) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const toml::array* entries = node->as_array();
    if (entries == nullptr) return refuse(key, *node, fmt::format("a list {}", expected));
    if (entries->size() > kMaxEntries) {
      return refuse(key, *node, fmt::format("at most {} entries", kMaxEntries));
    }
    values.clear();
    for (const toml::node& entry : *entries) {
      if (const std::optional<T> value = read(entry)) {
        values.push_back(*value);
      } else {
        refuse(key, entry, fmt::format("a list {}", expected));
      }
    }
  }

  Sheet& sheet_;
  const toml::table& table_;
  const std::string name_;
  const std::string path_;
  std::vector<std::string_view> known_;
};

/// Position of `key`, or of the nearest table around it that the file has.
toml::source_position position_of(const Sheet& sheet, std::string key) {
  while (!key.empty()) {
    if (const auto found = sheet.positions.find(key); found != sheet.positions.end()) {
      return found->second;
    }
    const std::size_t cut = key.find_last_of(".[");
    key.resize(cut == std::string::npos ? 0 : cut);
  }
  return {};
}

/// Adds what the checks find, with positions, but for keys whose value is already reported.
template <typename Check>
void add_findings(Sheet& sheet, const Profile& profile, const Check& check) {
  std::vector<Problem> found;
  check(found, profile);
  const std::size_t count = sheet.problems.size();
  for (Problem& problem : found) {
    const auto reported = std::span(sheet.problems).first(count);
    if (std::ranges::find(reported, problem.key, &Problem::key) != reported.end()) continue;
    sheet.report(problem.key, std::move(problem.message), position_of(sheet, problem.key));
  }
}

/// Place of the first line that opens a table and goes on with no name: the one thing that the
/// parser asserts instead of reporting it. No position where there is no such line.
toml::source_position nameless_header(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  toml::source_position place{.line = 0, .column = 0};
  for (std::size_t begin = 0; begin < text.size();) {
    ++place.line;
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    begin = end + 1;
    const std::size_t bracket = line.find_first_not_of(kBlanks);
    if (bracket == std::string_view::npos || line[bracket] != '[') continue;
    const std::size_t after = bracket + (line.substr(bracket).starts_with("[[") ? 2 : 1);
    const std::size_t name = line.find_first_not_of(kBlanks, after);
    const char first = name == std::string_view::npos ? '\0' : line[name];
    const bool opens_name = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') ||
                            (first >= '0' && first <= '9') || first == '_' || first == '-' ||
                            first == '"' || first == '\'';
    if (opens_name) continue;
    place.column = static_cast<toml::source_index>(after + 1);
    return place;
  }
  return {};
}

void read(Sheet& sheet, std::string_view text, Profile& profile) {
  toml::table table;
  try {
    table = toml::parse(text);
  } catch (const toml::parse_error& error) {
    sheet.report("", fmt::format("not TOML: {}", error.description()), error.source().begin);
    return;
  } catch (const std::logic_error&) {
    sheet.report("", "not TOML: expected a table's name after '['", nameless_header(text));
    return;
  }
  TableReader reader(sheet, table, "", "");
  describe(reader, profile);
  reader.finish();
  add_findings(sheet, profile, check_ranges);
  // A value that could not be read would break rules between values that the file does keep. An
  // unknown key (reported without a path) is no such value.
  if (std::ranges::all_of(sheet.problems, [](const Problem& p) { return p.key.empty(); })) {
    add_findings(sheet, profile, check_rules);
  }
  std::ranges::sort(sheet.problems, [](const Problem& one, const Problem& other) {
    return std::tie(one.line, one.column, one.key, one.message) <
           std::tie(other.line, other.column, other.key, other.message);
  });
}

}  // namespace

ParsedProfile parse_profile(std::string_view text, const std::filesystem::path& origin) {
  ParsedProfile parsed;
  Sheet sheet;
  std::error_code ignored;
  sheet.folder = std::filesystem::absolute(origin, ignored).parent_path();
  if (text.size() > kMaxTextBytes) {
    sheet.report("", fmt::format("a profile has at most 4 MiB, this has {} bytes", text.size()),
                 {});
  } else {
    try {
      read(sheet, text, parsed.profile);
    } catch (const std::exception& error) {
      sheet.report("", fmt::format("cannot be read: {}", error.what()), {});
    }
  }
  parsed.problems = std::move(sheet.problems);
  return parsed;
}

}  // namespace temper::profile
