#include "temper/model/runtime/signature_json.h"

#include <gtest/gtest.h>

namespace temper::runtime {
namespace {

Signature some_signature() {
  return {
      .inputs = {{.name = "x \"quoted\"",
                  .datatype = DataType::kBf16,
                  .shape = {-1, 4},
                  .dimension_names = {"N", ""}}},
      .outputs = {{.name = "y", .datatype = DataType::kBytes, .shape = {}, .dimension_names = {}}}};
}

TEST(SignatureJsonTest, ComesBackAsItWas) {
  const auto back = parse_signature(to_json(some_signature()));
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(*back, some_signature());
}

TEST(SignatureJsonTest, RefusesWhatNoSignatureIs) {
  const std::string good = to_json(some_signature());
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return parse_signature(text).has_value();
  };
  EXPECT_TRUE(with("\"N\"", "\"M\""));
  EXPECT_FALSE(with("BF16", "BF17"));
  EXPECT_FALSE(with("-1", "-2"));
  EXPECT_FALSE(with("\"N\",", ""));
  EXPECT_FALSE(with("\"shape\"", "\"form\""));
  EXPECT_FALSE(with("\"name\":", "\"extra\":1,\"name\":"));
  EXPECT_FALSE(parse_signature("").has_value());
  EXPECT_FALSE(parse_signature("[]").has_value());
  EXPECT_FALSE(parse_signature("{\"inputs\":[]}").has_value());
}

}  // namespace
}  // namespace temper::runtime
