#include "temper/core/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

namespace temper {
namespace {

class FileTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(folder_); }
  [[nodiscard]] std::filesystem::path at(const char* name) const { return folder_->path() / name; }
  [[nodiscard]] std::size_t entries() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_->path()))
      ++count;
    return count;
  }

  Result<TemporaryFolder> folder_ = TemporaryFolder::create("file_test");
};

TEST_F(FileTest, ReadsBackWhatWasWritten) {
  const std::string bytes("a\0b\n", 4);
  ASSERT_TRUE(write_file_atomically(at("f"), bytes));
  EXPECT_EQ(read_file(at("f")), bytes);
}

TEST_F(FileTest, ReplacesAFileAndLeavesNothingBeside) {
  ASSERT_TRUE(write_file_atomically(at("f"), "old, and longer"));
  ASSERT_TRUE(write_file_atomically(at("f"), "new"));
  EXPECT_EQ(read_file(at("f")), "new");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(FileTest, AReaderSeesTheOldBytesOrTheNewOnesWhole) {
  const std::string old_bytes(50'000, 'a');
  const std::string new_bytes(70'000, 'b');
  ASSERT_TRUE(write_file_atomically(at("f"), old_bytes));
  std::atomic<bool> stop{false};
  std::jthread writer([&] {
    for (int i = 0; i < 50; ++i) {
      EXPECT_TRUE(write_file_atomically(at("f"), i % 2 == 0 ? new_bytes : old_bytes));
    }
    stop = true;
  });
  while (!stop) {
    const auto seen = read_file(at("f"));
    ASSERT_TRUE(seen);
    ASSERT_TRUE(*seen == old_bytes || *seen == new_bytes);
  }
}

TEST_F(FileTest, AFailedWriteLeavesTheOldFileAndNoTemporaryOne) {
  std::filesystem::create_directory(at("f"));
  ASSERT_TRUE(write_file_atomically(at("f") / "inside", "x"));
  EXPECT_FALSE(write_file_atomically(at("f"), "cannot replace a folder"));
  EXPECT_EQ(entries(), 1U);
  EXPECT_EQ(read_file(at("f") / "inside"), "x");
}

TEST_F(FileTest, GivesTheFileTheModeAskedFor) {
  ASSERT_TRUE(write_file_atomically(at("key"), "secret", 0600));
  struct stat info{};
  ASSERT_EQ(::stat(at("key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(FileTest, AMissingFileIsNotFound) {
  const auto bytes = read_file(at("missing"));
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, ErrorCode::kNotFound);
}

TEST_F(FileTest, AFolderIsNoFile) {
  const auto bytes = read_file(folder_->path());
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(FileTest, RefusesAFileAboveTheLimit) {
  ASSERT_TRUE(write_file_atomically(at("f"), "12345"));
  EXPECT_TRUE(read_file(at("f"), 5));
  const auto bytes = read_file(at("f"), 4);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, ErrorCode::kResourceExhausted);
}

TEST_F(FileTest, RefusesAnEndlessDeviceAtTheLimit) {
  const auto bytes = read_file("/dev/zero", 100'000);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, ErrorCode::kResourceExhausted);
}

TEST(TemporaryFolderTest, GoesWithItsContent) {
  std::filesystem::path path;
  {
    const auto folder = TemporaryFolder::create("gone");
    ASSERT_TRUE(folder);
    path = folder->path();
    ASSERT_TRUE(write_file_atomically(path / "f", "x"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace temper
