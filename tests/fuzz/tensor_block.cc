// A host's child may be in a hostile model's hands: whatever it leaves in shared memory, the parent
// gets an error, or tensors that are whole.
#include <cstddef>
#include <cstdint>

#include "temper/core/check.h"
#include "temper/model/runtime/host/tensor_block.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace temper;
  const auto content = runtime::read_block({reinterpret_cast<const std::byte*>(data), size},
                                           runtime::BlockTrust::kCopy);
  if (!content) return 0;
  for (const Tensor& tensor : content->tensors) {
    TEMPER_CHECK(check_tensor(tensor, "fuzzed").has_value());
  }
  return 0;
}
