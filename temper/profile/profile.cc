#include "temper/profile/profile.h"

#include <algorithm>

#include "temper/core/file.h"

namespace temper::profile {

const Tier* Profile::find_tier(std::int64_t id) const {
  const auto found = std::ranges::find(tiers, id, &Tier::id);
  return found == tiers.end() ? nullptr : &*found;
}

const Device* Profile::find_device(std::int64_t id) const {
  const auto found = std::ranges::find(devices, id, &Device::id);
  return found == devices.end() ? nullptr : &*found;
}

ModelPolicy Profile::policy_for(std::string_view model) const {
  const auto found = std::ranges::find(models, model, &ModelPolicy::name);
  if (found != models.end()) return *found;
  ModelPolicy policy = model_defaults;
  policy.name = model;
  return policy;
}

Duration Profile::default_deadline(const ModelPolicy& policy) const {
  if (policy.deadline > Duration(0)) return policy.deadline;
  if (server.default_deadline > Duration(0)) return server.default_deadline;
  const Tier* tier = find_tier(policy.tier);
  return tier == nullptr ? Tier{}.deadline : tier->deadline;
}

Profile built_in_profile() {
  Profile profile;
  profile.tiers = {Tier{}};
  profile.tiers[0].role = "every model";
  Device process;
  process.name = "gateway";
  Device host;
  host.id = 1;
  host.name = "host";
  host.runs = Runs::kHost;
  host.memory_bytes = std::uint64_t{4} << 30;
  profile.devices = {process, host};
  return profile;
}

std::string problem_text(const Problem& problem, std::string_view origin) {
  const std::string place = problem.line == 0
                                ? std::string(origin)
                                : fmt::format("{}:{}:{}", origin, problem.line, problem.column);
  if (problem.key.empty()) return fmt::format("{}: {}", place, problem.message);
  return fmt::format("{}: {}: {}", place, problem.key, problem.message);
}

Result<Profile> load_profile(const std::filesystem::path& path) {
  TEMPER_TRY(const std::string text, read_file(path));
  ParsedProfile parsed = parse_profile(text, path);
  if (parsed.problems.empty()) return std::move(parsed.profile);
  std::string message;
  for (const Problem& problem : parsed.problems) {
    if (!message.empty()) message += '\n';
    message += problem_text(problem, path.string());
  }
  return std::unexpected(
      Error{.code = ErrorCode::kInvalidArgument, .message = message, .retry_after_ms = 0});
}

}  // namespace temper::profile
