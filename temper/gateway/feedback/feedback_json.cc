#include "temper/gateway/feedback/feedback_json.h"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

namespace temper::gateway {
namespace {

using Json = nlohmann::json;

/// Takes `digits` decimal digits off the front of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
  int value = 0;
  if (text.size() < digits) return std::nullopt;
  for (std::size_t k = 0; k < digits; ++k) {
    if (text[k] < '0' || text[k] > '9') return std::nullopt;
    value = 10 * value + (text[k] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take_char(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

/// ".25" as nanoseconds; digits beyond the ninth are cut.
std::optional<Duration> take_fraction(std::string_view& text) {
  if (!take_char(text, ".")) return Duration(0);
  std::int64_t ns = 0;
  std::int64_t unit = 100'000'000;
  std::size_t digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; ++digits) {
    ns += unit * (text.front() - '0');
    unit /= 10;
    text.remove_prefix(1);
  }
  return digits > 0 ? std::optional(Duration(ns)) : std::nullopt;
}

/// "Z", "+02:00", "-05:30".
std::optional<Duration> take_offset(std::string_view& text) {
  if (take_char(text, "Zz")) return Duration(0);
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
  const int sign = text.front() == '+' ? 1 : -1;
  text.remove_prefix(1);
  const auto hours = take_digits(text, 2);
  if (!hours || !take_char(text, ":")) return std::nullopt;
  const auto minutes = take_digits(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return sign * (std::chrono::hours(*hours) + std::chrono::minutes(*minutes));
}

class Reader {
 public:
  explicit Reader(WallTime now) : now_(now) {}

  Result<Feedback> entry(const Json& value, std::size_t index) const {
    const std::string where = fmt::format("/{}", index);
    if (!value.is_object()) {
      return fail(ErrorCode::kInvalidArgument, "{}: {} came, expected an object", where,
                  value.type_name());
    }
    Feedback feedback;
    feedback.observed_at = now_;
    for (const auto& [key, member] : value.items()) {
      Status taken;
      if (key == "prediction_id") {
        taken = take_id(member, feedback);
      } else if (key == "row") {
        taken = take_row(member, feedback);
      } else if (key == "label") {
        taken = take_label(member, feedback);
      } else if (key == "observed_at") {
        taken = take_time(member, feedback);
      } else {
        taken = fail(ErrorCode::kInvalidArgument,
                     "unknown; there are prediction_id, row, label, observed_at");
      }
      if (!taken) return with_context(taken.error(), fmt::format("{}/{}", where, key));
    }
    for (const char* needed : {"prediction_id", "label"}) {
      if (!value.contains(needed)) {
        return fail(ErrorCode::kInvalidArgument, "{}: '{}' is missing", where, needed);
      }
    }
    return feedback;
  }

 private:
  static Status take_id(const Json& member, Feedback& feedback) {
    const std::string text = member.is_string() ? member.get<std::string>() : "";
    const std::size_t slash = text.find('/');
    const auto id = Uuid::parse(text.substr(0, slash));
    if (!id) return fail(ErrorCode::kInvalidArgument, "expected a prediction's id");
    feedback.prediction_id = *id;
    if (slash == std::string::npos) return {};
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data() + slash + 1, end, feedback.row);
    if (error != std::errc{} || rest != end || feedback.row < 0) {
      return fail(ErrorCode::kInvalidArgument, "expected ID/ROW, ROW being 0 or more");
    }
    return {};
  }

  static Status take_row(const Json& member, Feedback& feedback) {
    if (!member.is_number_integer() || member.get<std::int64_t>() < 0) {
      return fail(ErrorCode::kInvalidArgument, "expected a row's number, 0 or more");
    }
    feedback.row = member.get<std::int64_t>();
    return {};
  }

  static Status take_label(const Json& member, Feedback& feedback) {
    if (member.is_string()) {
      feedback.label = member.get<std::string>();
      if (feedback.label.size() <= 4096 && !feedback.label.empty()) return {};
    } else if (member.is_boolean()) {
      feedback.label = member.get<bool>() ? "true" : "false";
      return {};
    } else if (member.is_number_integer()) {
      feedback.label = member.is_number_unsigned() ? fmt::format("{}", member.get<std::uint64_t>())
                                                   : fmt::format("{}", member.get<std::int64_t>());
      return {};
    } else if (member.is_number()) {
      feedback.label = fmt::format("{}", member.get<double>());
      return {};
    }
    return fail(ErrorCode::kInvalidArgument,
                "expected a number, a boolean, or a text of 1..4096 bytes");
  }

  static Status take_time(const Json& member, Feedback& feedback) {
    if (member.is_number_integer()) {
      feedback.observed_at = WallTime(Duration(member.get<std::int64_t>()));
      return {};
    }
    const auto time = member.is_string() ? parse_rfc3339(member.get<std::string>()) : std::nullopt;
    if (!time) {
      return fail(ErrorCode::kInvalidArgument,
                  "expected nanoseconds since 1970, or a time such as 2013-02-01T05:30:00Z");
    }
    feedback.observed_at = *time;
    return {};
  }

  const WallTime now_;
};

/// The library keeps the last of twin keys; a caller who sends twins means something else.
Json parse_strict(std::string_view body, std::string& twin) {
  std::vector<std::set<std::string>> keys;
  const auto watch = [&](int, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second) {
      twin = value.get<std::string>();
    }
    return true;
  };
  return Json::parse(body, watch);
}

}  // namespace

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  const auto year = take_digits(text, 4);
  if (!year || !take_char(text, "-")) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take_char(text, "-")) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day || !take_char(text, "Tt ")) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || !take_char(text, ":")) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || !take_char(text, ":")) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second) return std::nullopt;
  const auto fraction = take_fraction(text);
  if (!fraction) return std::nullopt;
  const auto offset = take_offset(text);
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!offset || !text.empty() || !date.ok() || *hour > 23 || *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  // The range of 64 bits of nanoseconds.
  if (*year < 1678 || *year > 2261) return std::nullopt;
  return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(*hour) +
         std::chrono::minutes(*minute) + std::chrono::seconds(*second) + *fraction - *offset;
}

Result<std::vector<Feedback>> decode_feedback(std::string_view body, WallTime now) {
  try {
    std::string twin;
    const Json document = parse_strict(body, twin);
    if (!twin.empty()) {
      return fail(ErrorCode::kInvalidArgument, "feedback: '{}' is given twice in one object", twin);
    }
    const Reader reader(now);
    std::vector<Feedback> entries;
    if (document.is_array()) {
      if (document.size() > kMaxFeedback) {
        return fail(ErrorCode::kInvalidArgument, "feedback: {} entries, the limit is {}",
                    document.size(), kMaxFeedback);
      }
      for (const Json& value : document) {
        TEMPER_TRY(Feedback entry, reader.entry(value, entries.size()));
        entries.push_back(std::move(entry));
      }
    } else {
      TEMPER_TRY(Feedback entry, reader.entry(document, 0));
      entries.push_back(std::move(entry));
    }
    return entries;
  } catch (const Json::exception& error) {
    return fail(ErrorCode::kInvalidArgument, "feedback is not JSON: {}", error.what());
  }
}

}  // namespace temper::gateway
