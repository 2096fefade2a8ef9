#include "temper/gateway/service/id_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "temper/core/file.h"

namespace temper::gateway {
namespace {

TEST(IdKeyTest, IsMadeOnceAndKept) {
  const Result<TemporaryFolder> folder = TemporaryFolder::create("temper-id-key");
  ASSERT_TRUE(folder);
  const Result<SipKey> first = load_or_make_id_key(folder->path());
  const Result<SipKey> second = load_or_make_id_key(folder->path());
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  EXPECT_EQ(*first, *second);
  EXPECT_NE(*first, SipKey{});
}

TEST(IdKeyTest, NobodyElseMayReadIt) {
  const Result<TemporaryFolder> folder = TemporaryFolder::create("temper-id-key");
  ASSERT_TRUE(folder);
  ASSERT_TRUE(load_or_make_id_key(folder->path()));
  struct stat info{};
  ASSERT_EQ(::stat((folder->path() / "id.key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0077, 0U);
}

TEST(IdKeyTest, RefusesADamagedFile) {
  const Result<TemporaryFolder> folder = TemporaryFolder::create("temper-id-key");
  ASSERT_TRUE(folder);
  ASSERT_TRUE(write_file_atomically(folder->path() / "id.key", "short"));
  const Result<SipKey> key = load_or_make_id_key(folder->path());
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace temper::gateway
