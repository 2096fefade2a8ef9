#include "temper/core/log.h"

#include <unistd.h>

#include <atomic>

#include "temper/core/clock.h"

namespace temper::log {
namespace {

// Atomic: set once at start while threads may already log; a lock would guard nothing more.
std::atomic<Level> minimum_level{Level::kInfo};

std::string_view level_name(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kError:
    case Level::kOff:
      return "error";
  }
  return "error";
}

}  // namespace

Field::Field(std::string_view field_name, std::string_view text)
    : name(field_name), json(json_quote(text)) {}

void set_level(Level level) { minimum_level = level; }

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (level < minimum_level.load(std::memory_order_relaxed)) return;
  const auto now = system_clock_instance().wall_now().time_since_epoch();
  std::string line = fmt::format(R"({{"ts":{:.6f},"level":"{}","msg":{})",
                                 std::chrono::duration<double>(now).count(), level_name(level),
                                 json_quote(message));
  for (const Field& field : fields) line += fmt::format(R"(,"{}":{})", field.name, field.json);
  line += "}\n";
  // One write call, so that lines of several threads and processes do not mix.
  [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, line.data(), line.size());
}

std::string json_quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
  return out;
}

}  // namespace temper::log
