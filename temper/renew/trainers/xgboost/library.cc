#include "temper/renew/trainers/xgboost/library.h"

#include <cstdlib>

#include "temper/core/shared_library.h"

namespace temper::renew::xgboost {
namespace {

Result<Library> open() {
  // Read by libgomp when it is loaded. Its threads would otherwise spin while they wait, which on a
  // machine that also serves costs many times the processor time of the training itself.
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the trainer is a process of its own.
  ::setenv("OMP_WAIT_POLICY", "passive", 0);
  // The library finds its libgomp in xgboost_cpu.libs/ by a path relative to its own.
  TEMPER_TRY(const auto shared,
             SharedLibrary::open({.file = "xgboost/lib/libxgboost.so", .deps_folder = ""}));
  Library bound;
#define TEMPER_XGBOOST_BIND(name) TEMPER_TRY_STATUS(shared.bind(bound.name, #name));
  TEMPER_XGBOOST_FUNCTIONS(TEMPER_XGBOOST_BIND)
#undef TEMPER_XGBOOST_BIND
  return bound;
}

}  // namespace

Result<const Library*> library() {
  static const Result<Library> opened = open();
  if (!opened) return std::unexpected(opened.error());
  return &*opened;
}

Result<std::string> version() {
  TEMPER_TRY(const Library* xgboost, library());
  int major = 0;
  int minor = 0;
  int patch = 0;
  xgboost->XGBoostVersion(&major, &minor, &patch);
  return fmt::format("{}.{}.{}", major, minor, patch);
}

}  // namespace temper::renew::xgboost
