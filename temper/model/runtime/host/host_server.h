// The child's half of a host: loads the model and answers requests until it is killed.
#pragma once

#include "temper/model/runtime/host/host_main.h"

namespace temper::runtime {

/// Uses the shared memory at kHostChannelFd. Returns only when it cannot serve, with an exit
/// status; the reason is in the shared memory.
int serve_host(const HostArguments& arguments);

}  // namespace temper::runtime
