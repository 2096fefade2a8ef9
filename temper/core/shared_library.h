// Vendors' libraries that are opened when first needed, so that a program that does not need one
// neither loads it nor fails without it.
#pragma once

#include <string>
#include <string_view>

#include "temper/core/result.h"

namespace temper {

struct SharedLibraryName {
  /// "libduckdb.so".
  std::string_view file;
  /// Folder below ~/.cache/temper/deps where setup lays it: "duckdb/lib".
  std::string_view deps_folder;
};

/// An opened library; stays open for the life of the process, as its threads may outlive any owner.
class SharedLibrary {
 public:
  /// Looks in $TEMPER_LIB_DIR, then in lib/ beside the program, then in the dependencies' cache.
  /// Errors: kFailedPrecondition naming the places, or the loader's reason.
  [[nodiscard]] static Result<SharedLibrary> open(const SharedLibraryName& name);

  /// Sets `function` to the symbol. Errors: kFailedPrecondition naming the symbol.
  template <typename Function>
  [[nodiscard]] Status bind(Function*& function, const char* symbol) const {
    TEMPER_TRY(void* address, find(symbol));
    function = reinterpret_cast<Function*>(address);
    return {};
  }

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  SharedLibrary(void* handle, std::string path) : handle_(handle), path_(std::move(path)) {}
  [[nodiscard]] Result<void*> find(const char* symbol) const;

  void* handle_;
  std::string path_;
};

}  // namespace temper
