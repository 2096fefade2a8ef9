// Where the program keeps its state: one rule for every command.
#pragma once

#include <filesystem>
#include <string>

#include "temper/cli/command.h"

namespace temper::cli {

/// Declares `--data DIR`.
void declare_data_folder(Options& options, std::string& target);

/// `given` where it is not empty, else $TEMPER_DATA, else ./.temper.
[[nodiscard]] std::filesystem::path data_folder(const std::string& given);

}  // namespace temper::cli
