// Identifiers: UUIDv7 values, and predictions' ids that only their own caller can name.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "temper/core/clock.h"
#include "temper/core/digest.h"
#include "temper/core/rng.h"

namespace temper {

/// 128 bits, printed as 8-4-4-4-12 lower-case hex. Source: RFC 9562.
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] static std::optional<Uuid> parse(std::string_view text);
  bool operator==(const Uuid&) const = default;
};

/// Version 7: 48 bits of milliseconds since the epoch, then 74 bits from `rng`.
[[nodiscard]] Uuid make_uuid_v7(WallTime now, Rng& rng);

/// A UUIDv7 whose last 32 bits are a keyed hash of the rest and of the caller: nobody without the
/// key can make one, and one caller's id does not verify as another's. 42 bits stay random.
[[nodiscard]] Uuid make_bound_id(WallTime now, Rng& rng, const SipKey& key,
                                 std::string_view caller);
[[nodiscard]] bool is_bound_to(const Uuid& id, const SipKey& key, std::string_view caller);

}  // namespace temper
