#include "temper/renew/trainers/xgboost/library.h"

#include "temper/core/shared_library.h"

namespace temper::renew::xgboost {
namespace {

Result<Library> open() {
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
