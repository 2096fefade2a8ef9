#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "temper/model/runtime/probe.h"
#include "temper/model/runtime/signature_json.h"

namespace temper::runtime {
namespace {

/// JSON has no infinity; null stands for it.
nlohmann::ordered_json number_or_null(double value) {
  if (std::isinf(value)) return nullptr;
  return value;
}

double read_number_or_null(const nlohmann::json& json) {
  return json.is_null() ? std::numeric_limits<double>::infinity() : json.get<double>();
}

}  // namespace

std::string to_json(const ProbeReport& report) {
  // Ordered as the struct, so that a person finds the same thing in the same place.
  nlohmann::ordered_json json;
  json["signature"] = nlohmann::ordered_json::parse(to_json(report.signature));
  json["batchable"] = report.batchable;
  json["unbatched_reason"] = report.unbatched_reason;
  json["batch_difference"] = number_or_null(report.batch_difference);
  json["batch_tolerance"] = report.batch_tolerance;
  json["run_ns_1"] = report.run_ns_1;
  json["run_ns_16"] = report.run_ns_16;
  json["loaded_bytes"] = report.loaded_bytes;
  json["peak_bytes"] = report.peak_bytes;
  json["safe_in_process"] = report.safe_in_process;
  json["unsafe_reason"] = report.unsafe_reason;
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<ProbeReport> parse_probe_report(std::string_view text) {
  try {
    const auto json = nlohmann::json::parse(text);
    constexpr std::size_t kFields = 11;
    if (!json.is_object() || json.size() != kFields) {
      return fail(ErrorCode::kInvalidArgument, "probe report: expected an object of {} fields",
                  kFields);
    }
    ProbeReport report;
    TEMPER_TRY(report.signature, parse_signature(json.at("signature").dump()));
    json.at("batchable").get_to(report.batchable);
    json.at("unbatched_reason").get_to(report.unbatched_reason);
    report.batch_difference = read_number_or_null(json.at("batch_difference"));
    json.at("batch_tolerance").get_to(report.batch_tolerance);
    json.at("run_ns_1").get_to(report.run_ns_1);
    json.at("run_ns_16").get_to(report.run_ns_16);
    json.at("loaded_bytes").get_to(report.loaded_bytes);
    json.at("peak_bytes").get_to(report.peak_bytes);
    json.at("safe_in_process").get_to(report.safe_in_process);
    json.at("unsafe_reason").get_to(report.unsafe_reason);
    return report;
  } catch (const nlohmann::json::exception& error) {
    return fail(ErrorCode::kInvalidArgument, "probe report: {}", error.what());
  }
}

}  // namespace temper::runtime
