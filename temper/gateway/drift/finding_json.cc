#include "temper/gateway/drift/finding_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

namespace temper::gateway {
namespace {

using Json = nlohmann::ordered_json;

/// Features named in an event: those that drifted, most telling first, then the largest others.
constexpr std::size_t kFeatures = 10;

Json feature_json(const drift::FeatureEvidence& evidence, const drift::Calibration& calibration) {
  return {{"name", calibration.features[evidence.feature].bins.name()},
          {"drift", evidence.drift},
          {"psi", evidence.psi_corrected},
          {"js", evidence.js_divergence},
          {"ks", evidence.ks},
          {"missing_rate", evidence.missing_rate},
          {"reference_missing_rate", evidence.reference_missing_rate},
          {"p_value", evidence.p_value},
          {"adjusted_p", evidence.adjusted_p}};
}

Json ranked_features(const drift::Check& check, const drift::Calibration& calibration) {
  std::vector<drift::FeatureEvidence> ranked = check.features;
  std::ranges::stable_sort(ranked, [](const auto& a, const auto& b) {
    if (a.drift != b.drift) return a.drift;
    return a.psi_corrected > b.psi_corrected;
  });
  if (ranked.size() > kFeatures) ranked.resize(kFeatures);
  Json list = Json::array();
  for (const drift::FeatureEvidence& each : ranked) list.push_back(feature_json(each, calibration));
  return list;
}

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string check_json(const drift::Check& check, const drift::Calibration& calibration) {
  Json object = {{"type", "check"},
                 {"policy", drift::policy_name(check.policy)},
                 {"drift", check.drift},
                 {"score", check.score},
                 {"rows", check.rows},
                 {"from_ns", check.first_ns},
                 {"to_ns", check.last_ns},
                 {"kinds",
                  {{"covariate", check.kinds.covariate},
                   {"prediction", check.kinds.prediction},
                   {"concept", check.kinds.concept_drift}}},
                 {"alarms", check.alarms},
                 {"accuracy", nullptr},
                 {"features", ranked_features(check, calibration)}};
  if (check.accuracy) {
    object["accuracy"] = {{"labelled", check.accuracy->labelled},
                          {"accuracy", check.accuracy->accuracy},
                          {"baseline", check.accuracy->baseline},
                          {"points", check.accuracy->points},
                          {"interval", {check.accuracy->low, check.accuracy->high}},
                          {"drift", check.accuracy->drift}};
  }
  return dump(object);
}

std::string alarm_json(const drift::Alarm& alarm, const drift::Calibration& calibration) {
  return dump({{"type", "alarm"},
               {"policy", drift::policy_name(drift::Policy::kCalibrated)},
               {"drift", true},
               {"feature", calibration.features[alarm.feature].bins.name()},
               {"log_value", alarm.log_value},
               {"threshold", alarm.threshold}});
}

}  // namespace temper::gateway
