#include "temper/model/runtime/host/tensor_block.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

namespace temper::runtime {
namespace {

constexpr std::uint32_t kBlockMagic = 0x54424c4b;

struct BlockHeader {
  std::uint32_t magic;
  std::uint32_t error_code;
  std::int64_t deadline_ns;
  std::uint32_t tensor_count;
  std::uint32_t output_count;
  std::uint32_t text_bytes;
  std::uint32_t reserved;
};

struct TensorEntry {
  std::uint32_t datatype;
  std::uint32_t rank;
  std::uint64_t offset;
  std::uint64_t bytes;
  std::array<std::int64_t, kMaxBlockRank> dimensions;
};

std::size_t aligned(std::size_t offset) {
  return (offset + kBlockAlignment - 1) / kBlockAlignment * kBlockAlignment;
}

/// Where the tensors' bytes begin. Counts are bounded before, so nothing here can overflow.
std::size_t data_offset(std::size_t tensors, std::size_t outputs, std::size_t text_bytes) {
  return aligned(sizeof(BlockHeader) + tensors * sizeof(TensorEntry) +
                 outputs * sizeof(std::uint32_t) + text_bytes);
}

void put(std::byte*& at, const void* from, std::size_t size) {
  if (size > 0) std::memcpy(at, from, size);
  at += size;
}

std::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorCode::kInternal, "damaged block in shared memory: {}", what);
}

Result<Tensor> read_tensor(std::span<const std::byte> room, const TensorEntry& entry,
                           BlockTrust trust) {
  if (entry.datatype > static_cast<std::uint32_t>(DataType::kBytes) || entry.rank > kMaxBlockRank) {
    return damaged("datatype or rank");
  }
  if (entry.offset > room.size() || entry.bytes > room.size() - entry.offset) {
    return damaged("bounds of a tensor");
  }
  Tensor tensor;
  tensor.datatype = static_cast<DataType>(entry.datatype);
  tensor.shape.assign(entry.dimensions.begin(), entry.dimensions.begin() + entry.rank);
  const auto bytes = room.subspan(entry.offset, entry.bytes);
  if (trust == BlockTrust::kView) {
    tensor.data = bytes;
  } else {
    auto copy = std::make_shared_for_overwrite<std::byte[]>(bytes.size());
    if (!bytes.empty()) std::memcpy(copy.get(), bytes.data(), bytes.size());
    tensor.data = {copy.get(), bytes.size()};
    tensor.owner = std::move(copy);
  }
  // On the copy: what is checked is what is used.
  const Status status = check_tensor(tensor, "shared");
  if (!status) return damaged(status.error().message);
  return tensor;
}

}  // namespace

Result<std::size_t> write_block(std::span<std::byte> room, const BlockView& content) {
  const std::string_view text = content.text.substr(0, kMaxBlockText);
  if (content.tensors.size() > kMaxBlockTensors || content.outputs.size() > kMaxBlockTensors) {
    return fail(ErrorCode::kInvalidArgument, "more than {} tensors in one run", kMaxBlockTensors);
  }
  std::size_t end = data_offset(content.tensors.size(), content.outputs.size(), text.size());
  std::vector<TensorEntry> entries(content.tensors.size());
  for (std::size_t k = 0; k < entries.size(); ++k) {
    const Tensor& tensor = content.tensors[k];
    if (tensor.shape.size() > kMaxBlockRank) {
      return fail(ErrorCode::kInvalidArgument,
                  "a tensor of {} dimensions, at most {} can be shared", tensor.shape.size(),
                  kMaxBlockRank);
    }
    entries[k].datatype = static_cast<std::uint32_t>(tensor.datatype);
    entries[k].rank = static_cast<std::uint32_t>(tensor.shape.size());
    entries[k].offset = end;
    entries[k].bytes = tensor.data.size();
    std::copy(tensor.shape.begin(), tensor.shape.end(), entries[k].dimensions.begin());
    end = aligned(end + tensor.data.size());
    if (end > room.size()) {
      return fail(ErrorCode::kResourceExhausted,
                  "the tensors need more than the {} bytes left of the shared slot", room.size());
    }
  }
  if (end > room.size()) {
    return fail(ErrorCode::kResourceExhausted, "{} bytes are left of the shared slot", room.size());
  }
  const BlockHeader header{.magic = kBlockMagic,
                           .error_code = content.error_code,
                           .deadline_ns = content.deadline.time_since_epoch().count(),
                           .tensor_count = static_cast<std::uint32_t>(content.tensors.size()),
                           .output_count = static_cast<std::uint32_t>(content.outputs.size()),
                           .text_bytes = static_cast<std::uint32_t>(text.size()),
                           .reserved = 0};
  std::byte* at = room.data();
  put(at, &header, sizeof header);
  put(at, entries.data(), entries.size() * sizeof(TensorEntry));
  for (const std::size_t output : content.outputs) {
    const auto index = static_cast<std::uint32_t>(output);
    put(at, &index, sizeof index);
  }
  put(at, text.data(), text.size());
  for (std::size_t k = 0; k < entries.size(); ++k) {
    std::byte* to = room.data() + entries[k].offset;
    put(to, content.tensors[k].data.data(), content.tensors[k].data.size());
  }
  return end;
}

Result<BlockContent> read_block(std::span<const std::byte> room, BlockTrust trust) {
  BlockHeader header{};
  if (room.size() < sizeof header) return damaged("room");
  std::memcpy(&header, room.data(), sizeof header);
  if (header.magic != kBlockMagic) return damaged("magic");
  if (header.tensor_count > kMaxBlockTensors || header.output_count > kMaxBlockTensors ||
      header.text_bytes > kMaxBlockText) {
    return damaged("counts");
  }
  if (data_offset(header.tensor_count, header.output_count, header.text_bytes) > room.size()) {
    return damaged("bounds of the tables");
  }
  std::vector<TensorEntry> entries(header.tensor_count);
  std::vector<std::uint32_t> outputs(header.output_count);
  BlockContent content{.error_code = header.error_code,
                       .deadline = TimePoint(Duration(header.deadline_ns)),
                       .tensors = {},
                       .outputs = {},
                       .text = std::string(header.text_bytes, '\0')};
  const std::byte* at = room.data() + sizeof header;
  const auto take = [&at](void* to, std::size_t size) {
    if (size > 0) std::memcpy(to, at, size);
    at += size;
  };
  take(entries.data(), entries.size() * sizeof(TensorEntry));
  take(outputs.data(), outputs.size() * sizeof(std::uint32_t));
  take(content.text.data(), content.text.size());
  content.outputs.assign(outputs.begin(), outputs.end());
  content.tensors.reserve(entries.size());
  for (const TensorEntry& entry : entries) {
    TEMPER_TRY(Tensor tensor, read_tensor(room, entry, trust));
    content.tensors.push_back(std::move(tensor));
  }
  return content;
}

}  // namespace temper::runtime
