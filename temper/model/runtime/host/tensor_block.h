// Tensors laid into a block of shared memory, and read back out of one that nobody vouches for.
//
// A block is a header, then one fixed-size entry per tensor, then the indices of the outputs asked
// for, then a text, then the tensors' bytes, each at a multiple of 64.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "temper/core/clock.h"
#include "temper/core/result.h"
#include "temper/model/tensor/tensor.h"

namespace temper::runtime {

inline constexpr std::size_t kBlockAlignment = 64;
inline constexpr std::size_t kMaxBlockTensors = 1024;
inline constexpr std::size_t kMaxBlockRank = 16;
inline constexpr std::size_t kMaxBlockText = 4096;

/// A request (deadline, inputs, outputs asked for) or an answer (outputs, or an error).
struct BlockContent {
  /// 0 = a request or a successful answer, else an ErrorCode; the text is its message.
  std::uint32_t error_code = 0;
  TimePoint deadline = kNever;
  std::vector<Tensor> tensors;
  std::vector<std::size_t> outputs;
  std::string text;
};

/// Writes to the front of `room`, which starts at a multiple of 64; gives the bytes used, a
/// multiple of
/// 64. Errors: kResourceExhausted when `room` is too small, kInvalidArgument over the limits above.
struct BlockView {
  std::uint32_t error_code = 0;
  TimePoint deadline = kNever;
  std::span<const Tensor> tensors;
  std::span<const std::size_t> outputs;
  std::string_view text;
};
[[nodiscard]] Result<std::size_t> write_block(std::span<std::byte> room, const BlockView& content);

enum class BlockTrust {
  /// Tensors view the block: its writer is trusted and leaves it alone meanwhile.
  kView,
  /// Everything is copied out exactly once, then checked: its writer may change it at any moment.
  kCopy,
};

/// Errors: kInternal when anything in the block is not as `write_block` would have written it.
[[nodiscard]] Result<BlockContent> read_block(std::span<const std::byte> room, BlockTrust trust);

}  // namespace temper::runtime
