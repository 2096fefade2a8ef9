#include "temper/model/onnx/wire_format.h"

#include <cstdint>
#include <optional>

namespace temper::onnx_graph {
namespace {

constexpr std::uint64_t kVarint = 0;
constexpr std::uint64_t kFixed64 = 1;
constexpr std::uint64_t kLengthDelimited = 2;
constexpr std::uint64_t kFixed32 = 5;

/// Takes a varint off the front; empty when it is cut or longer than ten bytes.
std::optional<std::uint64_t> take_varint(std::string_view& rest) {
  std::uint64_t value = 0;
  for (std::size_t k = 0; k < 10 && k < rest.size(); ++k) {
    const auto byte = static_cast<std::uint8_t>(rest[k]);
    value |= static_cast<std::uint64_t>(byte & 0x7FU) << (7 * k);
    if ((byte & 0x80U) == 0) {
      rest.remove_prefix(k + 1);
      return value;
    }
  }
  return std::nullopt;
}

}  // namespace

Status check_wire_format(std::string_view bytes) {
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const std::size_t at = bytes.size() - rest.size();
    const auto truncated = [&](std::uint64_t needed) -> Status {
      return fail(ErrorCode::kInvalidArgument,
                  "truncated: the field at byte {} needs {} bytes more, the file has {}", at,
                  needed, rest.size());
    };
    const auto tag = take_varint(rest);
    if (!tag || *tag >> 3 == 0 || *tag >> 3 > 0x1FFFFFFF) {
      return fail(ErrorCode::kInvalidArgument, "not an ONNX file: no protobuf field at byte {}",
                  at);
    }
    std::uint64_t size = 0;
    switch (*tag & 7) {
      case kVarint:
        if (!take_varint(rest)) return truncated(1);
        break;
      case kFixed64:
        size = 8;
        break;
      case kFixed32:
        size = 4;
        break;
      case kLengthDelimited: {
        const auto length = take_varint(rest);
        if (!length) return truncated(1);
        size = *length;
        break;
      }
      default:
        return fail(ErrorCode::kInvalidArgument,
                    "not an ONNX file: no protobuf wire type {} at byte {}", *tag & 7, at);
    }
    if (size > rest.size()) return truncated(size);
    rest.remove_prefix(static_cast<std::size_t>(size));
  }
  return {};
}

}  // namespace temper::onnx_graph
