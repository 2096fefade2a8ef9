#include "temper/cli/client/http_response.h"

#include <algorithm>
#include <charconv>

namespace temper::client {
namespace {

constexpr std::size_t kMaxHeadBytes = 64 << 10;
constexpr std::size_t kMaxLineBytes = 8 << 10;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_ignoring_case(std::string_view a, std::string_view lower_case) {
  return std::ranges::equal(a, lower_case, [](char x, char y) { return lower(x) == y; });
}

bool contains_token(std::string_view value, std::string_view lower_case) {
  return !std::ranges::search(value, lower_case, [](char x, char y) {
            return lower(x) == y;
          }).empty();
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

Result<std::uint64_t> parse_number(std::string_view text, int base, std::string_view what) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
    return fail(ErrorCode::kInternal, "response: {} '{}' is not a number", what, text);
  }
  return value;
}

}  // namespace

std::string_view HttpResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

Result<std::size_t> HttpResponseReader::feed(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && state_ != State::kComplete) {
    const std::string_view rest = bytes.substr(used);
    Result<std::size_t> taken = 0;
    switch (state_) {
      case State::kHead:
        taken = feed_head(rest);
        break;
      case State::kChunkSize:
      case State::kChunkEnd:
      case State::kTrailers:
        taken = feed_line(rest);
        break;
      case State::kLengthBody:
      case State::kChunkData:
      case State::kBodyUntilClose:
        taken = feed_data(rest);
        break;
      case State::kComplete:
        break;
    }
    if (!taken) return taken;
    used += *taken;
  }
  return used;
}

Status HttpResponseReader::end_of_stream() {
  if (state_ == State::kBodyUntilClose) {
    state_ = State::kComplete;
    return {};
  }
  if (state_ == State::kComplete || untouched()) return {};
  return fail(ErrorCode::kUnavailable, "response: the server closed the connection inside it");
}

Result<std::size_t> HttpResponseReader::feed_head(std::string_view bytes) {
  // The end mark may lie across two pieces, so the search starts up to three bytes back.
  if (head_.empty()) {
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end != std::string_view::npos) {
      TEMPER_TRY_STATUS(parse_head(bytes.substr(0, end)));
      return end + 4;
    }
    head_.assign(bytes);
  } else {
    const std::size_t before = head_.size();
    head_.append(bytes);
    const std::size_t end = head_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
    if (end != std::string::npos) {
      const std::string head = std::exchange(head_, {});
      TEMPER_TRY_STATUS(parse_head(std::string_view(head).substr(0, end)));
      return end + 4 - before;
    }
  }
  if (head_.size() > kMaxHeadBytes) {
    return fail(ErrorCode::kInternal, "response: head exceeds {} bytes", kMaxHeadBytes);
  }
  return bytes.size();
}

Status HttpResponseReader::parse_head(std::string_view head) {
  const std::size_t line_end = std::min(head.find("\r\n"), head.size());
  const std::string_view line = head.substr(0, line_end);
  if (line.size() < 12 || !line.starts_with("HTTP/1.") || line[8] != ' ') {
    return fail(ErrorCode::kInternal, "response: expected a line 'HTTP/1.1 200 OK', got '{}'",
                line.substr(0, 60));
  }
  TEMPER_TRY(const std::uint64_t status, parse_number(line.substr(9, 3), 10, "status"));
  response_.status = static_cast<int>(status);
  keep_alive_ = line[7] != '0';
  std::string_view rest = head.substr(std::min(line_end + 2, head.size()));
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find("\r\n"), rest.size());
    const std::string_view field = rest.substr(0, end);
    const std::size_t colon = field.find(':');
    if (colon == std::string_view::npos || colon == 0) {
      return fail(ErrorCode::kInternal, "response: header '{}' has no name and colon",
                  field.substr(0, 60));
    }
    TEMPER_TRY_STATUS(take_header(field.substr(0, colon), trimmed(field.substr(colon + 1))));
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  return begin_body();
}

Status HttpResponseReader::take_header(std::string_view name, std::string_view value) {
  if (equal_ignoring_case(name, "content-length")) {
    TEMPER_TRY(const std::uint64_t length, parse_number(value, 10, "content-length"));
    if (has_length_ && length != left_) {
      return fail(ErrorCode::kInternal, "response: two different content-lengths");
    }
    left_ = length;
    has_length_ = true;
  } else if (equal_ignoring_case(name, "transfer-encoding")) {
    chunked_ = contains_token(value, "chunked");
  } else if (equal_ignoring_case(name, "connection")) {
    if (contains_token(value, "close")) keep_alive_ = false;
    if (contains_token(value, "keep-alive")) keep_alive_ = true;
  } else if (equal_ignoring_case(name, "retry-after") && response_.retry_after_ms == 0) {
    // A date is allowed too; it gives no hint that a client without that clock could trust.
    if (const auto seconds = parse_number(value, 10, "retry-after"); seconds) {
      response_.retry_after_ms = static_cast<int>(std::min<std::uint64_t>(*seconds, 3600) * 1000);
    }
  } else if (equal_ignoring_case(name, "temper-retry-after-ms") ||
             equal_ignoring_case(name, "retry-after-ms")) {
    if (const auto milliseconds = parse_number(value, 10, "retry-after-ms"); milliseconds) {
      response_.retry_after_ms =
          static_cast<int>(std::min<std::uint64_t>(*milliseconds, 3'600'000));
    }
  }
  if (keep_ == Keep::kEverything) {
    std::string key(name);
    std::ranges::transform(key, key.begin(), lower);
    response_.headers.emplace_back(std::move(key), std::string(value));
  }
  return {};
}

Status HttpResponseReader::begin_body() {
  if (response_.status / 100 == 1) {
    next();
    return {};
  }
  if (response_.status == 204 || response_.status == 304) {
    state_ = State::kComplete;
    return {};
  }
  if (chunked_) {
    state_ = State::kChunkSize;
    return {};
  }
  if (!has_length_) {
    state_ = State::kBodyUntilClose;
    keep_alive_ = false;
    return {};
  }
  TEMPER_TRY_STATUS(count_body(left_));
  if (keep_ == Keep::kEverything) response_.body.reserve(left_);
  state_ = left_ == 0 ? State::kComplete : State::kLengthBody;
  return {};
}

Status HttpResponseReader::count_body(std::uint64_t bytes) {
  if (bytes > max_body_bytes_ - body_bytes_) {
    return fail(ErrorCode::kResourceExhausted, "response: body exceeds {} bytes", max_body_bytes_);
  }
  body_bytes_ += bytes;
  return {};
}

Result<std::size_t> HttpResponseReader::feed_data(std::string_view bytes) {
  const bool until_close = state_ == State::kBodyUntilClose;
  const std::size_t taken =
      until_close ? bytes.size()
                  : static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  if (until_close) TEMPER_TRY_STATUS(count_body(taken));
  if (keep_ == Keep::kEverything) response_.body.append(bytes.substr(0, taken));
  if (until_close) return taken;
  left_ -= taken;
  if (left_ == 0) state_ = state_ == State::kChunkData ? State::kChunkEnd : State::kComplete;
  return taken;
}

Result<std::size_t> HttpResponseReader::feed_line(std::string_view bytes) {
  const std::size_t newline = bytes.find('\n');
  const std::size_t taken = newline == std::string_view::npos ? bytes.size() : newline + 1;
  head_.append(bytes.substr(0, taken));
  if (head_.size() > kMaxLineBytes) {
    return fail(ErrorCode::kInternal, "response: a chunk's line exceeds {} bytes", kMaxLineBytes);
  }
  if (newline != std::string_view::npos) TEMPER_TRY_STATUS(finish_line());
  return taken;
}

Status HttpResponseReader::finish_line() {
  std::string line = std::exchange(head_, {});
  line.pop_back();
  if (line.ends_with('\r')) line.pop_back();
  switch (state_) {
    case State::kChunkSize: {
      const std::string_view size = trimmed(std::string_view(line).substr(0, line.find(';')));
      TEMPER_TRY(left_, parse_number(size, 16, "chunk size"));
      TEMPER_TRY_STATUS(count_body(left_));
      state_ = left_ == 0 ? State::kTrailers : State::kChunkData;
      return {};
    }
    case State::kChunkEnd:
      if (!line.empty()) {
        return fail(ErrorCode::kInternal, "response: a chunk is longer than its size");
      }
      state_ = State::kChunkSize;
      return {};
    default:
      if (line.empty()) state_ = State::kComplete;
      return {};
  }
}

HttpResponse HttpResponseReader::take() {
  HttpResponse response = std::move(response_);
  next();
  return response;
}

void HttpResponseReader::next() {
  state_ = State::kHead;
  response_.status = 0;
  response_.headers.clear();
  response_.body.clear();
  head_.clear();
  body_bytes_ = 0;
  left_ = 0;
  has_length_ = false;
  chunked_ = false;
  keep_alive_ = true;
  response_.retry_after_ms = 0;
}

}  // namespace temper::client
