// Errors are values: a fallible function returns Result<T>.
#pragma once

#include <fmt/format.h>

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace temper {

/// The closed list of failure kinds. Values equal gRPC's canonical codes, so that a protocol front
/// maps them by one table (`http_status` below, gRPC by cast) and never by a message's text.
enum class ErrorCode {
  kCancelled = 1,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kUnauthenticated = 16,
};

/// Canonical upper-case name, for example "INVALID_ARGUMENT".
[[nodiscard]] std::string_view error_code_name(ErrorCode code);

/// HTTP status that carries `code` to a REST caller.
[[nodiscard]] int http_status(ErrorCode code);

/// A failure: its kind, and a message that says what, where and what was expected.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  /// How long a rejected caller should wait before it tries again; 0 = no hint.
  int retry_after_ms = 0;

  bool operator==(const Error&) const = default;
};

template <typename T>
using Result = std::expected<T, Error>;
using Status = std::expected<void, Error>;

/// `return fail(ErrorCode::kNotFound, "model '{}' is not loaded", name);`
template <typename... Args>
[[nodiscard]] std::unexpected<Error> fail(ErrorCode code, fmt::format_string<Args...> text,
                                          Args&&... args) {
  return std::unexpected(Error{.code = code,
                               .message = fmt::format(text, std::forward<Args>(args)...),
                               .retry_after_ms = 0});
}

/// The same error with `context` in front: "<context>: <message>".
[[nodiscard]] std::unexpected<Error> with_context(Error error, std::string_view context);

}  // namespace temper

#define TEMPER_CONCAT_INNER(a, b) a##b
#define TEMPER_CONCAT(a, b) TEMPER_CONCAT_INNER(a, b)

/// Declares `variable` from a Result, or returns its error from the enclosing function.
/// `TEMPER_TRY(auto model, load(path));`
#define TEMPER_TRY(variable, ...) \
  TEMPER_TRY_INNER(TEMPER_CONCAT(temper_result_, __LINE__), variable, __VA_ARGS__)
#define TEMPER_TRY_INNER(result, variable, ...)                   \
  auto result = (__VA_ARGS__);                                    \
  if (!result) return std::unexpected(std::move(result).error()); \
  variable = std::move(*result)

/// Returns the error of a Status (or of a Result whose value is not needed).
#define TEMPER_TRY_STATUS(...)                            \
  if (auto temper_status = (__VA_ARGS__); !temper_status) \
  return std::unexpected(std::move(temper_status).error())
