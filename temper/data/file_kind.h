// What a file holds, told from its first bytes.
#pragma once

#include <string_view>

#include "temper/core/result.h"
#include "temper/data/read.h"

namespace temper::data {

/// The kind of a table file that starts with `head` (already unpacked where the file is gzipped).
/// Errors: kInvalidArgument for an empty head, and for formats that are known but not read here
/// (ZIP, Arrow, ORC, SQLite, UTF-16 text, other binary files), naming what it seems to be.
[[nodiscard]] Result<FileKind> recognise(std::string_view head);

}  // namespace temper::data
