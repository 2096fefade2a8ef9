// An ONNX file comes from anyone. Whatever it holds, inspection answers, within bounds it states.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "temper/core/check.h"
#include "temper/model/onnx/inspect.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto summary =
      temper::onnx_graph::inspect_bytes({reinterpret_cast<const char*>(data), size});
  if (summary) {
    TEMPER_CHECK(!summary->opsets.empty());
    TEMPER_CHECK(summary->initializer_bytes <= std::uint64_t{2} << 30);
    TEMPER_CHECK(summary->node_count <= 1'000'000);
  } else {
    TEMPER_CHECK(summary.error().code == temper::ErrorCode::kInvalidArgument);
    TEMPER_CHECK(!summary.error().message.empty());
  }
  return 0;
}
