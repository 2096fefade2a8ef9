// Every command of the program, one line each. A command's file has its name: model_add.cc.
#pragma once

#include "temper/cli/command.h"

namespace temper::cli {

Command alarm_command();
Command alarm_list_command();
Command bench_serve_command();
Command data_query_command();
Command drift_calibrate_command();
Command drift_command();
Command host_command();
Command infer_command();
Command ingest_command();
Command model_add_command();
Command model_alias_command();
Command model_list_command();
Command model_remove_command();
Command model_show_command();
Command profile_check_command();
Command profile_show_command();
Command reference_build_command();
Command replay_command();
Command serve_command();
Command train_xgboost_command();
Command trainer_command();
Command worker_command();

}  // namespace temper::cli
