// Bodies with binary tensors: the first line is the header that gives the length of the JSON part.
// Never a crash, and accepted tensors are whole and lie inside the body or in a copy.
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "temper/core/check.h"
#include "temper/gateway/oip/client_codec.h"
#include "temper/gateway/oip/json_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace temper;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = input.find('\n');
  if (line == std::string_view::npos) return 0;
  const auto body = std::make_shared<const std::string>(input.substr(line + 1));
  const auto json_size = oip::parse_json_length(input.substr(0, line), body->size());
  if (!json_size) return 0;
  (void)oip::decode_infer_reply(*body, *json_size);
  const auto request = oip::decode_infer_request(
      {.bytes = std::as_bytes(std::span(*body)), .owner = body, .json_size = *json_size});
  if (!request) {
    TEMPER_CHECK(!request.error().message.empty());
    return 0;
  }
  TEMPER_CHECK(!request->inputs.empty());
  std::uint64_t sum = 0;
  for (const oip::NamedTensor& named : request->inputs) {
    TEMPER_CHECK(check_tensor(named.tensor, named.name).has_value());
    const std::size_t alignment = element_size(named.tensor.datatype);
    TEMPER_CHECK(alignment < 2 || named.tensor.data.empty() ||
                 reinterpret_cast<std::uintptr_t>(named.tensor.data.data()) % alignment == 0);
    // Every byte is read, so that a view beyond the body is caught by the sanitizer.
    for (const std::byte each : named.tensor.data) sum += std::to_integer<std::uint64_t>(each);
  }
  const auto call = oip::encode_infer_call({.id = request->id,
                                            .inputs = request->inputs,
                                            .outputs = {},
                                            .parameters = request->parameters,
                                            .binary = true});
  TEMPER_CHECK(call.has_value() && call->json_size.has_value());
  TEMPER_CHECK(sum <= 255 * (call->body.size() + body->size() * 8));
  return 0;
}
