// JSON bodies of the Open Inference Protocol, whatever they are: never a crash, and a request that
// is accepted says the same after it was encoded by the client and decoded again.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "temper/core/check.h"
#include "temper/gateway/oip/client_codec.h"
#include "temper/gateway/oip/json_request.h"

namespace {

using namespace temper;

Result<oip::DecodedInferRequest> decode(std::string text) {
  auto body = std::make_shared<const std::string>(std::move(text));
  return oip::decode_infer_request(
      {.bytes = std::as_bytes(std::span(*body)), .owner = body, .json_size = std::nullopt});
}

void check_round_trip(const oip::DecodedInferRequest& request) {
  for (const oip::NamedTensor& input : request.inputs) {
    TEMPER_CHECK(check_tensor(input.tensor, input.name).has_value());
  }
  const auto call = oip::encode_infer_call({.id = request.id,
                                            .inputs = request.inputs,
                                            .outputs = {},
                                            .parameters = request.parameters,
                                            .binary = false});
  TEMPER_CHECK(call.has_value());
  const auto again = decode(call->body);
  TEMPER_CHECK(again.has_value());
  TEMPER_CHECK(again->id == request.id);
  TEMPER_CHECK(again->parameters == request.parameters);
  TEMPER_CHECK(again->inputs.size() == request.inputs.size());
  for (std::size_t k = 0; k < request.inputs.size(); ++k) {
    const Tensor& before = request.inputs[k].tensor;
    const Tensor& after = again->inputs[k].tensor;
    TEMPER_CHECK(again->inputs[k].name == request.inputs[k].name);
    TEMPER_CHECK(after.datatype == before.datatype && after.shape == before.shape);
    TEMPER_CHECK(std::ranges::equal(after.data, before.data));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto request = decode(text);
  if (request) {
    check_round_trip(*request);
  } else {
    TEMPER_CHECK(!request.error().message.empty());
  }
  (void)oip::decode_repository_index_request(text);
  (void)oip::check_repository_load_request(text);
  (void)oip::decode_infer_reply(text, std::nullopt);
  (void)oip::decode_model_metadata(text);
  (void)oip::decode_error_message(text);
  return 0;
}
