#include <memory>
#include <string>

#include "temper/cli/commands.h"
#include "temper/model/runtime/onnxruntime/onnxruntime.h"
#include "temper/renew/trainers/xgboost/xgboost.h"

namespace temper::cli {

Command trainer_command() {
  return {.path = "trainer",
          .summary = "Trains one model in a process of its own; started by other commands",
          .examples = {},
          .declare = [](Options& options) -> Action {
            const auto folder = std::make_shared<std::string>();
            options.text(*folder, "FOLDER", "where the job lies and the result goes");
            options.required();
            return [folder] {
              return renew::xgboost::run_child(*folder, runtime::create_onnxruntime);
            };
          },
          .hidden = true};
}

}  // namespace temper::cli
