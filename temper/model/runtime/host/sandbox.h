// What a host's child gives up, so that a model that takes it over finds little to do in it.
#pragma once

namespace temper::runtime {

/// Called first: no new privileges, no core dump, no file written, few descriptors; and, where the
/// kernel filters system calls, no programs started, no sockets made, no other process touched.
/// (Memory, processors and the tie to the parent are set before the program starts.)
void enter_sandbox();

/// Called once library and model are loaded: no file opened from now on, in any thread.
void close_files();

}  // namespace temper::runtime
