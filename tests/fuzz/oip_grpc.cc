// Serialised ModelInferRequest messages, whatever they are: never a crash, and accepted tensors are
// whole and go into an answer as they came.
#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "temper/core/check.h"
#include "temper/gateway/grpc/infer_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace temper;
  [[maybe_unused]] static const auto quiet = google::protobuf::SetLogHandler(nullptr);
  const auto message = std::make_shared<inference::ModelInferRequest>();
  if (!message->ParseFromArray(data, static_cast<int>(size))) return 0;
  const auto request = gateway::grpc::decode_infer_request(*message, message);
  if (!request) {
    TEMPER_CHECK(!request.error().message.empty());
    return 0;
  }
  std::vector<oip::OutputView> outputs;
  for (const oip::NamedTensor& named : request->inputs) {
    TEMPER_CHECK(check_tensor(named.tensor, named.name).has_value());
    outputs.push_back({.name = named.name, .tensor = &named.tensor, .binary = true});
  }
  inference::ModelInferResponse response;
  gateway::grpc::encode_infer_response({.model_name = "m",
                                        .model_version = "1",
                                        .id = request->id,
                                        .parameters = {},
                                        .outputs = outputs},
                                       response);
  TEMPER_CHECK(static_cast<std::size_t>(response.raw_output_contents_size()) == outputs.size());
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    const std::string& raw = response.raw_output_contents(static_cast<int>(k));
    TEMPER_CHECK(std::ranges::equal(std::as_bytes(std::span(raw)), outputs[k].tensor->data));
  }
  return 0;
}
