// Structured logs: one JSON object a line on stderr. Never put a secret or a payload in a field.
#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace temper::log {

enum class Level { kDebug, kInfo, kWarning, kError, kOff };

/// One named value; numbers and booleans stay such in the JSON.
struct Field {
  std::string_view name;
  std::string json;

  Field(std::string_view field_name, std::string_view text);
  Field(std::string_view field_name, const char* text)
      : Field(field_name, std::string_view(text)) {}
  Field(std::string_view field_name, const std::string& text)
      : Field(field_name, std::string_view(text)) {}
  Field(std::string_view field_name, bool value)
      : name(field_name), json(value ? "true" : "false") {}
  template <typename Number>
    requires std::is_arithmetic_v<Number>
  Field(std::string_view field_name, Number value)
      : name(field_name), json(fmt::format("{}", value)) {}
};

void set_level(Level level);

/// `log::info("model loaded", {{"model", name}, {"version", 3}});`
void write(Level level, std::string_view message, std::initializer_list<Field> fields);
inline void debug(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::kDebug, message, fields);
}
inline void info(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::kInfo, message, fields);
}
inline void warning(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::kWarning, message, fields);
}
inline void error(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::kError, message, fields);
}

/// Quotes and escapes `text` as a JSON string.
[[nodiscard]] std::string json_quote(std::string_view text);

}  // namespace temper::log
