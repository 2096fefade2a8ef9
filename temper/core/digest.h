// Digests: SHA-256 names content, SipHash binds short values to a secret.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "temper/core/result.h"

namespace temper {

/// Lower-case hex, 64 characters.
[[nodiscard]] std::string sha256_hex(std::span<const std::byte> data);
[[nodiscard]] std::string sha256_hex(std::string_view data);
/// Streams the file; errors: kNotFound, kInternal (read failure).
[[nodiscard]] Result<std::string> sha256_file(const std::string& path);

using SipKey = std::array<std::uint64_t, 2>;

/// SipHash-2-4, 64 bits. Source: Aumasson & Bernstein (2012); pinned by the paper's test vector.
[[nodiscard]] std::uint64_t siphash(const SipKey& key, std::span<const std::byte> data);
[[nodiscard]] std::uint64_t siphash(const SipKey& key, std::string_view data);

/// Comparison whose time does not depend on where the strings differ.
[[nodiscard]] bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace temper
