#include "temper/model/runtime/host/sandbox.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace temper::runtime {
namespace {

/// Other processes, and the world outside.
constexpr std::array kOutside = {
    SYS_execve,
    SYS_execveat,
    SYS_fork,
    SYS_vfork,
    SYS_socket,
    SYS_socketpair,
    SYS_connect,
    SYS_bind,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_pidfd_open,
    SYS_pidfd_getfd,
    SYS_kill,
    SYS_keyctl,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_unshare,
    SYS_setns,
    SYS_mount,
    SYS_io_uring_setup,
};

constexpr std::array kFiles = {
    SYS_open,    SYS_openat,   SYS_openat2,  SYS_creat,     SYS_open_by_handle_at,
    SYS_unlink,  SYS_unlinkat, SYS_rename,   SYS_renameat,  SYS_renameat2,
    SYS_link,    SYS_linkat,   SYS_symlink,  SYS_symlinkat, SYS_mkdir,
    SYS_mkdirat, SYS_chmod,    SYS_fchmodat,
};

sock_filter statement(std::uint32_t code, std::uint32_t value) {
  return {.code = static_cast<std::uint16_t>(code), .jt = 0, .jf = 0, .k = value};
}

sock_filter jump_if_equal(std::uint32_t value, std::uint8_t then, std::uint8_t otherwise) {
  return {.code = BPF_JMP | BPF_JEQ | BPF_K, .jt = then, .jf = otherwise, .k = value};
}

/// From now on these calls answer EPERM, in every thread. A kernel without filters (or a container
/// that forbids them) leaves the child to its other limits.
void deny(std::span<const int> calls) {
  std::vector<sock_filter> program = {
      statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      // Another architecture's numbers mean other calls: none of them is let through.
      jump_if_equal(AUDIT_ARCH_X86_64, 1, 0),
      statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      // The x32 variant of every call has this bit set; nothing of ours uses them.
      {.code = BPF_JMP | BPF_JGE | BPF_K, .jt = 0, .jf = 1, .k = 0x40000000},
      statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
  };
  for (const int call : calls) {
    program.push_back(jump_if_equal(static_cast<std::uint32_t>(call), 0, 1));
    program.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  }
  program.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog filter{.len = static_cast<unsigned short>(program.size()),
                          .filter = program.data()};
  ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter);
}

void limit(__rlimit_resource resource, rlim_t value) {
  const rlimit both{.rlim_cur = value, .rlim_max = value};
  ::setrlimit(resource, &both);
}

}  // namespace

void enter_sandbox() {
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  // A log line to a redirected stderr must fail, not kill.
  std::signal(SIGXFSZ, SIG_IGN);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_NOFILE, 64);
  limit(RLIMIT_CORE, 0);
  deny(kOutside);
}

void close_files() { deny(kFiles); }

}  // namespace temper::runtime
