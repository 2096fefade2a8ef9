#include "temper/watch/drift/drift_reference.h"

#include <gtest/gtest.h>

#include "temper/core/file.h"
#include "temper/core/rng.h"
#include "temper/watch/drift/learn.h"

namespace temper::drift {
namespace {

DriftReference reference() {
  Rng rng(3);
  std::vector<double> numbers;
  for (int k = 0; k < 2'000; ++k) numbers.push_back(rng.normal());
  const std::vector<ReferenceColumn> columns = {
      {.name = "x", .role = Role::kCovariate, .values = {.numbers = numbers, .categories = {}}}};
  DriftReference made;
  made.covariates = learn({.time_ns = {}, .columns = columns}, {}).value();
  made.accuracy = 0.75;
  made.accuracy_rows = 400;
  return made;
}

TEST(DriftReferenceTest, ReadsBackEqual) {
  const DriftReference made = reference();
  const auto read = DriftReference::decode(made.encode());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, made);
  EXPECT_EQ(*DriftReference::decode(DriftReference{}.encode()), DriftReference{});
}

TEST(DriftReferenceTest, EveryCutIsRefused) {
  const std::string bytes = reference().encode();
  for (std::size_t size = 0; size < bytes.size(); size += 7) {
    EXPECT_FALSE(DriftReference::decode(std::string_view(bytes).substr(0, size))) << size;
  }
  EXPECT_FALSE(DriftReference::decode(bytes + "x"));
}

TEST(DriftReferenceTest, IsKeptByModelAndVersion) {
  const auto folder = TemporaryFolder::create("drift-reference").value();
  EXPECT_EQ(load_drift_reference(folder.path(), "m", 3).error().code, ErrorCode::kNotFound);
  const DriftReference made = reference();
  ASSERT_TRUE(save_drift_reference(folder.path(), "m", 3, made));
  const auto loaded = load_drift_reference(folder.path(), "m", 3);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(*loaded, made);
  ASSERT_TRUE(write_file_atomically(drift_reference_path(folder.path(), "m", 3), "junk"));
  EXPECT_EQ(load_drift_reference(folder.path(), "m", 3).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace temper::drift
