// What is served is what was trained: XGBoost's own margins against those of the ensemble read from
// its document, and against those of the ONNX file as ONNX Runtime computes them.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "temper/core/file.h"
#include "temper/core/rng.h"
#include "temper/model/onnx/tree_model.h"
#include "temper/model/runtime/onnxruntime/onnxruntime.h"
#include "temper/renew/trainers/xgboost/booster.h"
#include "temper/renew/trainers/xgboost/model_json.h"

namespace temper::renew::xgboost {
namespace {

struct Case {
  std::string objective;
  std::size_t classes = 0;  // 0 = regression
  std::uint64_t seed = 0;
};

std::string describe(const Case& c) { return fmt::format("{} seed {}", c.objective, c.seed); }

/// Half the values lie on a coarse grid, so that rows hit thresholds exactly; some are missing,
/// some huge or tiny.
std::vector<float> random_rows(Rng& rng, std::size_t rows, std::size_t features) {
  std::vector<float> values(rows * features);
  for (float& value : values) {
    const double kind = rng.uniform();
    if (kind < 0.15) {
      value = std::numeric_limits<float>::quiet_NaN();
    } else if (kind < 0.6) {
      value = static_cast<float>(rng.below(7)) * 0.5F - 1.5F;
    } else if (kind < 0.62) {
      value = rng.uniform() < 0.5 ? 1e30F : -1e-38F;
    } else {
      value = static_cast<float>(rng.normal());
    }
  }
  return values;
}

std::vector<float> random_labels(Rng& rng, const Case& c, const DenseRows& rows) {
  std::vector<float> labels;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const float signal = rows.values[row * rows.feature_count];
    const double score =
        (std::isnan(signal) || std::abs(signal) > 100 ? 0.3 : signal) + 0.5 * rng.normal();
    if (c.classes > 0) {
      const double scaled = (score + 2) / 4 * static_cast<double>(c.classes);
      labels.push_back(static_cast<float>(
          std::clamp(std::floor(scaled), 0.0, static_cast<double>(c.classes - 1))));
    } else if (c.objective == "reg:logistic") {
      labels.push_back(static_cast<float>(1 / (1 + std::exp(-score))));
    } else if (c.objective == "count:poisson") {
      labels.push_back(static_cast<float>(std::floor(std::exp(score))));
    } else {
      labels.push_back(static_cast<float>(std::exp(score)));
    }
  }
  return labels;
}

Tensor column_tensor(const DenseRows& rows, std::size_t feature, std::size_t first,
                     std::size_t count) {
  std::vector<float> column;
  for (std::size_t row = first; row < first + count; ++row) {
    column.push_back(rows.values[row * rows.feature_count + feature]);
  }
  return Tensor::copy_of(DataType::kFp32, {static_cast<std::int64_t>(count), 1},
                         std::as_bytes(std::span(column)));
}

/// Output `output` of the model for rows [first, first + count).
std::vector<float> run(runtime::Instance& instance, const DenseRows& rows, std::string_view output,
                       std::size_t first, std::size_t count) {
  std::vector<Tensor> inputs;
  for (std::size_t feature = 0; feature < rows.feature_count; ++feature) {
    inputs.push_back(column_tensor(rows, feature, first, count));
  }
  const std::size_t index = instance.signature().output_index(output).value();
  auto outputs = instance.run({.inputs = inputs, .outputs = {&index, 1}});
  EXPECT_TRUE(outputs) << outputs.error().message;
  std::vector<float> values;
  if (!outputs) return values;
  const auto data = (*outputs)[0].data;
  values.resize(data.size() / sizeof(float));
  std::memcpy(values.data(), data.data(), data.size());
  return values;
}

void expect_close(const std::vector<float>& expected, const std::vector<float>& got,
                  float tolerance) {
  ASSERT_EQ(expected.size(), got.size());
  for (std::size_t index = 0; index < expected.size(); ++index) {
    ASSERT_LE(std::abs(expected[index] - got[index]),
              tolerance * std::max(std::abs(expected[index]), 1e-3F))
        << "value " << index << ": " << expected[index] << " against " << got[index];
  }
}

class OnnxEqualityPropertyTest : public testing::TestWithParam<Case> {};

TEST_P(OnnxEqualityPropertyTest, MarginsArePreservedFromXgboostToOnnx) {
  const Case& c = GetParam();
  SCOPED_TRACE(describe(c));
  Rng rng(c.seed * 1000 + c.classes);
  const std::size_t features = 1 + rng.below(8);
  const auto values = random_rows(rng, 400, features);
  const DenseRows rows{.values = values, .feature_count = features};
  const auto labels = random_labels(rng, c, rows);
  Booster::Parameters parameters = {{"objective", c.objective},
                                    {"max_depth", fmt::format("{}", 1 + rng.below(7))},
                                    {"eta", "0.3"},
                                    {"nthread", "1"},
                                    {"verbosity", "0"},
                                    {"seed", fmt::format("{}", c.seed)}};
  if (c.classes > 2) parameters["num_class"] = fmt::format("{}", c.classes);
  auto booster = Booster::train(rows, labels, parameters, 1 + static_cast<int>(rng.below(40)));
  ASSERT_TRUE(booster) << booster.error().message;
  const auto expected = booster->predict(rows, true);
  ASSERT_TRUE(expected);
  const auto document = booster->to_json();
  ASSERT_TRUE(document);
  auto parsed = parse_model_json(*document);
  ASSERT_TRUE(parsed) << parsed.error().message;

  const std::size_t targets = parsed->ensemble.target_count();
  std::vector<float> own(rows.rows() * targets);
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    parsed->ensemble.margins(rows.values.subspan(row * features, features),
                             std::span(own).subspan(row * targets, targets));
  }
  ASSERT_EQ(own.size(), expected->size());
  for (std::size_t index = 0; index < own.size(); ++index) {
    ASSERT_EQ(std::bit_cast<std::uint32_t>(own[index]),
              std::bit_cast<std::uint32_t>((*expected)[index]))
        << "margin " << index << ": " << own[index] << " against " << (*expected)[index];
  }

  onnx_graph::TreeModel model{.ensemble = parsed->ensemble, .features = {}};
  for (std::size_t feature = 0; feature < features; ++feature) {
    model.features.push_back({.name = fmt::format("f{}", feature)});
  }
  for (std::size_t index = 0; index < c.classes; ++index) {
    model.classes.push_back(fmt::format("class {}", index));
  }
  const auto bytes = onnx_graph::write_tree_model(model, true);
  ASSERT_TRUE(bytes) << bytes.error().message;
  const auto folder = TemporaryFolder::create("temper-equality");
  ASSERT_TRUE(folder);
  const auto file = folder->path() / "model.onnx";
  std::ofstream(file, std::ios::binary) << *bytes;
  const auto runtime = runtime::create_onnxruntime();
  ASSERT_TRUE(runtime) << runtime.error().message;
  auto instance = (*runtime)->load({.artifact = file});
  ASSERT_TRUE(instance) << instance.error().message;

  expect_close(*expected, run(**instance, rows, "margins", 0, rows.rows()), 1e-5F);
  const std::vector<float> first(expected->begin() + static_cast<std::ptrdiff_t>(7 * targets),
                                 expected->begin() + static_cast<std::ptrdiff_t>(8 * targets));
  expect_close(first, run(**instance, rows, "margins", 7, 1), 1e-5F);

  const auto predictions = booster->predict(rows, false);
  ASSERT_TRUE(predictions);
  if (c.objective == "multi:softmax") return;  // its predictions are classes
  const auto answered =
      run(**instance, rows, c.classes > 0 ? "probabilities" : "prediction", 0, rows.rows());
  if (c.classes != 2) {
    expect_close(*predictions, answered, 1e-5F);
    return;
  }
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    ASSERT_NEAR(answered[2 * row + 1], (*predictions)[row], 2e-6) << row;
    ASSERT_NEAR(answered[2 * row] + answered[2 * row + 1], 1, 1e-6) << row;
  }
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    all.push_back({.objective = "binary:logistic", .classes = 2, .seed = seed});
    all.push_back({.objective = "multi:softprob", .classes = 3 + seed % 5, .seed = seed});
    all.push_back({.objective = "reg:squarederror", .classes = 0, .seed = seed});
  }
  for (const char* objective :
       {"reg:logistic", "reg:squaredlogerror", "reg:absoluteerror", "reg:pseudohubererror",
        "count:poisson", "reg:gamma", "reg:tweedie"}) {
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
      all.push_back({.objective = objective, .classes = 0, .seed = seed});
    }
  }
  all.push_back({.objective = "multi:softmax", .classes = 4, .seed = 1});
  return all;
}

INSTANTIATE_TEST_SUITE_P(Objectives, OnnxEqualityPropertyTest, testing::ValuesIn(cases()),
                         [](const auto& drawn) {
                           std::string name = describe(drawn.param);
                           for (char& c : name) c = c == ':' || c == ' ' ? '_' : c;
                           return name;
                         });

}  // namespace
}  // namespace temper::renew::xgboost
