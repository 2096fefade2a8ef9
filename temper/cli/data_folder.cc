#include "temper/cli/data_folder.h"

#include <cstdlib>

namespace temper::cli {

void declare_data_folder(Options& options, std::string& target) {
  options.text(target, "--data", "state folder; default $TEMPER_DATA, else ./.temper");
}

std::filesystem::path data_folder(const std::string& given) {
  if (!given.empty()) return given;
  const char* const from_environment = std::getenv("TEMPER_DATA");
  if (from_environment != nullptr && *from_environment != '\0') return from_environment;
  return ".temper";
}

}  // namespace temper::cli
