#include "temper/gateway/service/id_key.h"

#include <cstring>

#include "temper/core/file.h"
#include "temper/core/rng.h"

namespace temper::gateway {

Result<SipKey> load_or_make_id_key(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "id.key";
  SipKey key{};
  Result<std::string> bytes = read_file(file, 4096);
  if (!bytes && bytes.error().code != ErrorCode::kNotFound) {
    return std::unexpected(std::move(bytes).error());
  }
  if (bytes) {
    if (bytes->size() != sizeof key) {
      return fail(ErrorCode::kInvalidArgument, "'{}' has {} bytes, expected {}", file.string(),
                  bytes->size(), sizeof key);
    }
    std::memcpy(key.data(), bytes->data(), sizeof key);
    return key;
  }
  random_bytes(key.data(), sizeof key);
  TEMPER_TRY_STATUS(write_file_atomically(
      file, std::string_view(reinterpret_cast<const char*>(key.data()), sizeof key), 0600));
  return key;
}

}  // namespace temper::gateway
