// The effective view, as TOML and as JSON: two visitors over schema.h.
#include <cmath>
#include <vector>

#include "temper/core/log.h"
#include "temper/profile/profile.h"
#include "temper/profile/schema.h"

namespace temper::profile {
namespace {

/// A number that reads back as a float: "1.0", "0.999", "1e-05".
std::string float_text(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

/// Renders each kind of value; `Sink::put(key, text)` lays it out. Texts are quoted alike in TOML
/// and JSON: only printable text passes validation.
template <typename Sink>
class ValueWriter {
 public:
  void text(std::string_view key, const std::string& value, const TextRule&) {
    put(key, log::json_quote(value));
  }
  void path(std::string_view key, const std::string& value) { put(key, log::json_quote(value)); }
  void integer(std::string_view key, std::int64_t value, Range<std::int64_t>) {
    put(key, fmt::format("{}", value));
  }
  void optional_integer(std::string_view key, const std::optional<std::int64_t>& value,
                        Range<std::int64_t>) {
    put(key, value ? fmt::format("{}", *value) : std::string(Sink::kNone));
  }
  void integers(std::string_view key, const std::vector<std::int64_t>& values,
                Range<std::int64_t>) {
    put(key, fmt::format("[{}]", fmt::join(values, ", ")));
  }
  void number(std::string_view key, double value, Range<double>) { put(key, float_text(value)); }
  void ratio(std::string_view key, double value, Range<double>) { put(key, float_text(value)); }
  void optional_ratio(std::string_view key, const std::optional<double>& value, Range<double>) {
    put(key, value ? float_text(*value) : std::string(Sink::kNone));
  }
  void duration(std::string_view key, Duration value, Range<Duration>) {
    put(key, log::json_quote(duration_text(value)));
  }
  void size(std::string_view key, std::uint64_t value, Range<std::uint64_t>) {
    put(key, log::json_quote(size_text(value)));
  }
  void boolean(std::string_view key, bool value) { put(key, value ? "true" : "false"); }
  template <typename E>
  void choice(std::string_view key, E value) {
    put(key, log::json_quote(choice_name(value)));
  }
  template <typename E>
  void choices(std::string_view key, const std::vector<E>& values) {
    std::vector<std::string> names;
    names.reserve(values.size());
    for (const E value : values) names.push_back(log::json_quote(choice_name(value)));
    put(key, fmt::format("[{}]", fmt::join(names, ", ")));
  }

 private:
  void put(std::string_view key, std::string_view text) {
    static_cast<Sink*>(this)->put(key, text);
  }
};

class TomlWriter : public ValueWriter<TomlWriter> {
 public:
  static constexpr std::string_view kNone = "\"none\"";

  void put(std::string_view key, std::string_view text) {
    out_ += fmt::format("{} = {}\n", key, text);
  }
  template <typename Describe>
  void table(std::string_view key, const Describe& describe_table) {
    enter(key, "[", "]", [&] { describe_table(*this); });
  }
  template <typename T, typename Start, typename Describe>
  void tables(std::string_view key, const std::vector<T>& items, const Start&,
              const Describe& describe_item) {
    for (const T& item : items) {
      enter(key, "[[", "]]", [&] { describe_item(*this, item); });
    }
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  template <typename Body>
  void enter(std::string_view key, std::string_view open, std::string_view close,
             const Body& body) {
    const std::string outer = prefix_;
    const std::string name = outer + std::string(key);
    out_ += fmt::format("\n{}{}{}\n", open, name, close);
    prefix_ = name + ".";
    body();
    prefix_ = outer;
  }
  std::string out_;
  std::string prefix_;
};

class JsonWriter : public ValueWriter<JsonWriter> {
 public:
  static constexpr std::string_view kNone = "null";

  void put(std::string_view key, std::string_view text) {
    separate();
    out_ += fmt::format("\"{}\":{}", key, text);
  }
  template <typename Describe>
  void table(std::string_view key, const Describe& describe_table) {
    put(key, "");
    object([&] { describe_table(*this); });
  }
  template <typename T, typename Start, typename Describe>
  void tables(std::string_view key, const std::vector<T>& items, const Start&,
              const Describe& describe_item) {
    put(key, "[");
    first_ = true;
    for (const T& item : items) {
      separate();
      object([&] { describe_item(*this, item); });
    }
    out_ += ']';
    first_ = false;
  }
  template <typename Body>
  void object(const Body& body) {
    out_ += '{';
    first_ = true;
    body();
    out_ += '}';
    first_ = false;
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void separate() {
    if (!first_) out_ += ',';
    first_ = false;
  }
  std::string out_;
  bool first_ = true;
};

}  // namespace

std::string to_toml(const Profile& profile) {
  TomlWriter writer;
  describe(writer, profile);
  return writer.take();
}

std::string to_json(const Profile& profile) {
  JsonWriter writer;
  writer.object([&] { describe(writer, profile); });
  return writer.take();
}

}  // namespace temper::profile
