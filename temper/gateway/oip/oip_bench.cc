// What the JSON codec costs: a request of 50 floats, an answer of 10, and larger ones.
#include <benchmark/benchmark.h>

#include "temper/core/rng.h"
#include "temper/gateway/oip/client_codec.h"
#include "temper/gateway/oip/json_request.h"
#include "temper/gateway/oip/json_response.h"

namespace {

using namespace temper;

oip::NamedTensor random_floats(std::int64_t rows, std::int64_t columns) {
  Rng rng(7);
  std::vector<float> values(static_cast<std::size_t>(rows * columns));
  for (float& value : values) value = static_cast<float>(rng.normal());
  return {.name = "input",
          .tensor =
              Tensor::copy_of(DataType::kFp32, {rows, columns}, std::as_bytes(std::span(values)))};
}

void decode_request(benchmark::State& state, bool binary) {
  const oip::NamedTensor input = random_floats(1, state.range(0));
  const auto call = oip::encode_infer_call({.id = "",
                                            .inputs = std::span(&input, 1),
                                            .outputs = {},
                                            .parameters = {},
                                            .binary = binary});
  const auto body = std::make_shared<const std::string>(call->body);
  for (auto _ : state) {
    auto request = oip::decode_infer_request(
        {.bytes = std::as_bytes(std::span(*body)), .owner = body, .json_size = call->json_size});
    benchmark::DoNotOptimize(request);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * body->size()));
  state.SetLabel(std::string(oip::json_kernel()));
}

void BM_DecodeJsonRequest(benchmark::State& state) { decode_request(state, false); }
BENCHMARK(BM_DecodeJsonRequest)->Arg(50)->Arg(512)->Arg(100'000);

void BM_DecodeBinaryRequest(benchmark::State& state) { decode_request(state, true); }
BENCHMARK(BM_DecodeBinaryRequest)->Arg(50)->Arg(512)->Arg(100'000);

void encode_response(benchmark::State& state, bool binary) {
  const oip::NamedTensor output = random_floats(1, state.range(0));
  const oip::OutputView view{.name = output.name, .tensor = &output.tensor, .binary = binary};
  const oip::ParameterView parameter{"temper_prediction_id",
                                     std::string_view("0190163d-8694-739b-aea5-966c26f8ad91")};
  std::string out;
  for (auto _ : state) {
    out.clear();
    auto encoded = oip::append_infer_response(out, {.model_name = "mlp",
                                                    .model_version = "1",
                                                    .id = "",
                                                    .parameters = std::span(&parameter, 1),
                                                    .outputs = std::span(&view, 1)});
    benchmark::DoNotOptimize(encoded);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * out.size()));
}

void BM_EncodeJsonResponse(benchmark::State& state) { encode_response(state, false); }
BENCHMARK(BM_EncodeJsonResponse)->Arg(10)->Arg(384)->Arg(100'000);

void BM_EncodeBinaryResponse(benchmark::State& state) { encode_response(state, true); }
BENCHMARK(BM_EncodeBinaryResponse)->Arg(10)->Arg(384)->Arg(100'000);

}  // namespace

BENCHMARK_MAIN();
