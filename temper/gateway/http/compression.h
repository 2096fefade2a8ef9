// Content codings of HTTP: gzip and deflate, bounded.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "temper/core/result.h"

namespace temper::gateway::http {

enum class Coding { kGzip, kDeflate };

[[nodiscard]] std::string_view coding_name(Coding coding);

/// What `Content-Encoding` names; empty for "" and "identity". Errors: kUnimplemented for others.
[[nodiscard]] Result<std::optional<Coding>> parse_content_encoding(std::string_view header);

/// The coding of ours that `Accept-Encoding` ranks highest (gzip before deflate); empty for none.
[[nodiscard]] std::optional<Coding> choose_coding(std::string_view accept_encoding);

/// Errors: kInvalidArgument for damaged or truncated data or bytes behind it; kResourceExhausted as
/// soon as more than `max_bytes` would come out, so that a small body cannot claim all memory.
[[nodiscard]] Result<std::string> decompress(std::string_view data, Coding coding,
                                             std::size_t max_bytes);

[[nodiscard]] Result<std::string> compress(std::string_view data, Coding coding);

}  // namespace temper::gateway::http
