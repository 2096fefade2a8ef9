// Reads HTTP/1.1 responses as their bytes arrive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "temper/core/result.h"

namespace temper::client {

struct HttpResponse {
  int status = 0;
  /// Names in lower case, in the order they came.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  /// From `temper-retry-after-ms` or else `retry-after` (seconds); 0 where neither came.
  int retry_after_ms = 0;

  /// The first value of `name` (lower case); empty where the header is missing.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

/// A push parser for the responses of one connection, one after the other: Content-Length, chunked,
/// and bodies that end with the connection. Answers to HEAD are out of scope; 1xx are skipped.
///
/// Bounds: a head over 64 KiB or a body over `max_body_bytes` is an error.
class HttpResponseReader {
 public:
  /// What is kept of a response: a load generator needs the status and the time, a client all of
  /// it.
  enum class Keep { kStatusOnly, kEverything };
  explicit HttpResponseReader(Keep keep, std::uint64_t max_body_bytes = std::uint64_t{1} << 31)
      : keep_(keep), max_body_bytes_(max_body_bytes) {}

  /// Takes bytes up to the end of the current response and says how many; what is left belongs to
  /// the next one. Errors: kInternal, "response: ..." for bytes that are not HTTP; the connection
  /// is then of no use.
  [[nodiscard]] Result<std::size_t> feed(std::string_view bytes);
  /// The peer closed the connection. Errors: kUnavailable when that cut a response short.
  [[nodiscard]] Status end_of_stream();

  [[nodiscard]] bool complete() const { return state_ == State::kComplete; }
  /// No byte of a response has come since `next`.
  [[nodiscard]] bool untouched() const { return state_ == State::kHead && head_.empty(); }
  /// Valid once complete.
  [[nodiscard]] const HttpResponse& response() const { return response_; }
  /// The server keeps the connection after this response.
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }

  /// Gives the response away and gets ready for the next.
  HttpResponse take();
  void next();

 private:
  enum class State {
    kHead,
    kLengthBody,
    kChunkSize,
    kChunkData,
    kChunkEnd,
    kTrailers,
    kBodyUntilClose,
    kComplete,
  };

  Result<std::size_t> feed_head(std::string_view bytes);
  Result<std::size_t> feed_line(std::string_view bytes);
  Result<std::size_t> feed_data(std::string_view bytes);
  Status parse_head(std::string_view head);
  Status take_header(std::string_view name, std::string_view value);
  Status begin_body();
  Status finish_line();
  Status count_body(std::uint64_t bytes);

  const Keep keep_;
  const std::uint64_t max_body_bytes_;
  State state_ = State::kHead;
  HttpResponse response_;
  // Head or chunk-size line so far, where it came in pieces.
  std::string head_;
  std::uint64_t body_bytes_ = 0;
  // Of the body, or of the current chunk.
  std::uint64_t left_ = 0;
  bool has_length_ = false;
  bool chunked_ = false;
  bool keep_alive_ = true;
};

}  // namespace temper::client
