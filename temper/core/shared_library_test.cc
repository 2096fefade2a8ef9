#include "temper/core/shared_library.h"

#include <gtest/gtest.h>

namespace temper {
namespace {

TEST(SharedLibraryTest, NamesThePlacesWhereALibraryWasLookedFor) {
  const auto library =
      SharedLibrary::open({.file = "libno_such_thing.so", .deps_folder = "nowhere"});
  ASSERT_FALSE(library);
  EXPECT_EQ(library.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_NE(library.error().message.find("lib/libno_such_thing.so"), std::string::npos)
      << library.error().message;
}

}  // namespace
}  // namespace temper
