#include "temper/model/runtime/host/tensor_block.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace temper::runtime {
namespace {

std::vector<Tensor> some_tensors() {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const std::vector<std::string> strings = {"one", "", "three"};
  return {Tensor::copy_of(DataType::kFp32, {2, 3}, std::as_bytes(std::span(values))),
          Tensor::of_strings({3}, strings), Tensor::copy_of(DataType::kInt8, {0, 7}, {})};
}

struct alignas(64) Room {
  std::array<std::byte, 8192> bytes{};
};

void expect_same(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t k = 0; k < a.size(); ++k) {
    EXPECT_EQ(a[k].datatype, b[k].datatype);
    EXPECT_EQ(a[k].shape, b[k].shape);
    EXPECT_TRUE(std::equal(a[k].data.begin(), a[k].data.end(), b[k].data.begin(), b[k].data.end()));
  }
}

TEST(TensorBlockTest, ComesBackAsItWasWritten) {
  Room room;
  const auto tensors = some_tensors();
  const std::vector<std::size_t> outputs = {2, 0};
  const TimePoint deadline{Duration(123456789)};
  const auto written = write_block(room.bytes, {.error_code = 0,
                                                .deadline = deadline,
                                                .tensors = tensors,
                                                .outputs = outputs,
                                                .text = "hello"});
  ASSERT_TRUE(written.has_value());
  EXPECT_EQ(*written % kBlockAlignment, 0U);
  for (const BlockTrust trust : {BlockTrust::kView, BlockTrust::kCopy}) {
    const auto content = read_block(room.bytes, trust);
    ASSERT_TRUE(content.has_value()) << content.error().message;
    expect_same(content->tensors, tensors);
    EXPECT_EQ(content->outputs, outputs);
    EXPECT_EQ(content->deadline, deadline);
    EXPECT_EQ(content->text, "hello");
  }
}

TEST(TensorBlockTest, ViewsLieAtMultiplesOf64InTheRoomAndCopiesOutsideIt) {
  Room room;
  const auto tensors = some_tensors();
  ASSERT_TRUE(
      write_block(
          room.bytes,
          {.error_code = 0, .deadline = kNever, .tensors = tensors, .outputs = {}, .text = {}})
          .has_value());
  const auto views = read_block(room.bytes, BlockTrust::kView);
  const auto copies = read_block(room.bytes, BlockTrust::kCopy);
  for (const Tensor& view : views->tensors) {
    EXPECT_EQ((view.data.data() - room.bytes.data()) % 64, 0);
  }
  std::memset(room.bytes.data(), 0xAB, room.bytes.size());
  expect_same(copies->tensors, tensors);
}

TEST(TensorBlockTest, SaysWhenTheRoomIsTooSmall) {
  Room room;
  const std::vector<Tensor> large = {
      Tensor::adopt(DataType::kUint8, {10'000}, std::vector<std::byte>(10'000))};
  const BlockView content{
      .error_code = 0, .deadline = kNever, .tensors = large, .outputs = {}, .text = {}};
  EXPECT_EQ(write_block(room.bytes, content).error().code, ErrorCode::kResourceExhausted);
  const auto tensors = some_tensors();
  const BlockView fitting{
      .error_code = 0, .deadline = kNever, .tensors = tensors, .outputs = {}, .text = {}};
  const std::size_t needed = write_block(room.bytes, fitting).value();
  for (std::size_t size = 0; size < needed; ++size) {
    EXPECT_FALSE(write_block(std::span(room.bytes).first(size), fitting).has_value()) << size;
  }
  EXPECT_TRUE(write_block(std::span(room.bytes).first(needed), fitting).has_value());
}

TEST(TensorBlockTest, RefusesTensorsOfTooManyDimensions) {
  Room room;
  const std::vector<Tensor> deep = {
      Tensor::copy_of(DataType::kUint8, Shape(kMaxBlockRank + 1, 1), std::vector<std::byte>(1))};
  EXPECT_EQ(
      write_block(room.bytes,
                  {.error_code = 0, .deadline = kNever, .tensors = deep, .outputs = {}, .text = {}})
          .error()
          .code,
      ErrorCode::kInvalidArgument);
}

/// Whatever bytes a hostile child leaves, the reader answers with an error or with tensors that are
/// whole and lie in memory of their own. (Under the address sanitizer a stray read stops the test.)
TEST(TensorBlockTest, SurvivesEverySingleByteChanged) {
  Room room;
  const auto tensors = some_tensors();
  const std::vector<std::size_t> outputs = {1};
  const auto written = write_block(
      room.bytes,
      {.error_code = 0, .deadline = kNever, .tensors = tensors, .outputs = outputs, .text = "t"});
  ASSERT_TRUE(written.has_value());
  std::size_t refused = 0;
  for (std::size_t at = 0; at < *written; ++at) {
    for (const int value : {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
      Room changed = room;
      changed.bytes[at] = static_cast<std::byte>(value);
      const auto content = read_block(std::span(changed.bytes).first(*written), BlockTrust::kCopy);
      if (!content) {
        ++refused;
        continue;
      }
      for (const Tensor& tensor : content->tensors) {
        EXPECT_TRUE(check_tensor(tensor, "t").has_value()) << at;
      }
    }
  }
  EXPECT_GT(refused, 100U);
}

TEST(TensorBlockTest, RefusesRandomBytesAndTooLittleRoom) {
  std::mt19937_64 rng(5);
  Room room;
  for (int round = 0; round < 1000; ++round) {
    for (std::byte& byte : room.bytes) byte = static_cast<std::byte>(rng());
    EXPECT_FALSE(read_block(room.bytes, BlockTrust::kCopy).has_value());
  }
  EXPECT_FALSE(read_block(std::span(room.bytes).first(8), BlockTrust::kCopy).has_value());
}

}  // namespace
}  // namespace temper::runtime
