#include "temper/core/shared_library.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "temper/core/child_process.h"

namespace temper {
namespace {

std::vector<std::filesystem::path> candidate_paths(const SharedLibraryName& name) {
  std::vector<std::filesystem::path> paths;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this program calls setenv.
  if (const char* folder = std::getenv("TEMPER_LIB_DIR"); folder != nullptr && *folder != '\0') {
    paths.push_back(std::filesystem::path(folder) / name.file);
  }
  paths.push_back(std::filesystem::path(own_program_path()).parent_path() / "lib" / name.file);
  // NOLINTNEXTLINE(concurrency-mt-unsafe)
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    paths.push_back(std::filesystem::path(home) / ".cache/temper/deps" / name.deps_folder /
                    name.file);
  }
  return paths;
}

}  // namespace

Result<SharedLibrary> SharedLibrary::open(const SharedLibraryName& name) {
  std::string tried;
  for (const auto& path : candidate_paths(name)) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
      tried += (tried.empty() ? "" : ", ") + path.string();
      continue;
    }
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      return fail(ErrorCode::kFailedPrecondition, "the library does not load: {}", dlerror());
    }
    return SharedLibrary(handle, path.string());
  }
  return fail(ErrorCode::kFailedPrecondition,
              "{} was not found; run './dev setup' or set TEMPER_LIB_DIR (looked for {})",
              name.file, tried);
}

Result<void*> SharedLibrary::find(const char* symbol) const {
  void* address = dlsym(handle_, symbol);
  if (address == nullptr) {
    return fail(ErrorCode::kFailedPrecondition, "{} lacks the function '{}'", path_, symbol);
  }
  return address;
}

}  // namespace temper
