// The secret that binds prediction ids to their callers; made once and kept with the state.
#pragma once

#include <filesystem>

#include "temper/core/digest.h"
#include "temper/core/result.h"

namespace temper::gateway {

/// Reads `folder`/id.key, or makes it (mode 0600) where there is none. Ids made before a restart
/// so stay valid after it. Errors: kInvalidArgument for a damaged file, and the file's own.
[[nodiscard]] Result<SipKey> load_or_make_id_key(const std::filesystem::path& folder);

}  // namespace temper::gateway
