// JSON columns of the registry, and the objects it prints. Private to this folder.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "temper/core/result.h"

namespace temper::registry {

/// A JSON object, at most 16 MiB. Errors: kInvalidArgument with the place of the first fault.
[[nodiscard]] Status check_json_object(std::string_view text, std::string_view what);

/// Bytes that are no UTF-8 are replaced: the metadata of an ONNX file may be anything.
[[nodiscard]] std::string metadata_to_json(const std::map<std::string, std::string>& metadata);
[[nodiscard]] Result<std::map<std::string, std::string>> metadata_from_json(std::string_view text);

}  // namespace temper::registry
