// For tests of this folder: a version of two features and one output, and its reference.
#pragma once

#include <cmath>
#include <memory>
#include <vector>

#include "temper/core/rng.h"
#include "temper/gateway/evidence/evidence.h"
#include "temper/watch/drift/drift_reference.h"
#include "temper/watch/drift/learn.h"

namespace temper::gateway {

inline registry::VersionRecord drift_record() {
  registry::VersionRecord record;
  record.model = "m";
  record.version = 2;
  record.probe.signature = {
      .inputs =
          {{.name = "x", .datatype = DataType::kFp64, .shape = {-1, 2}, .dimension_names = {}}},
      .outputs = {
          {.name = "y", .datatype = DataType::kFp64, .shape = {-1}, .dimension_names = {}}}};
  return record;
}

/// Of standard normal features and an output that is their sum.
inline drift::DriftReference drift_reference(std::uint64_t seed = 1, std::size_t rows = 20'000) {
  Rng rng(seed);
  std::vector<double> a;
  std::vector<double> b;
  std::vector<double> sum;
  for (std::size_t k = 0; k < rows; ++k) {
    a.push_back(rng.normal());
    b.push_back(rng.normal());
    sum.push_back(a.back() + b.back());
  }
  const auto learned = [](std::vector<drift::ReferenceColumn> columns) {
    return drift::learn({.time_ns = {}, .columns = columns}, {}).value();
  };
  drift::DriftReference reference;
  reference.covariates = learned({{.name = "x[0]",
                                   .role = drift::Role::kCovariate,
                                   .values = {.numbers = a, .categories = {}}},
                                  {.name = "x[1]",
                                   .role = drift::Role::kCovariate,
                                   .values = {.numbers = b, .categories = {}}}});
  reference.predictions = learned({{.name = "y",
                                    .role = drift::Role::kPrediction,
                                    .values = {.numbers = sum, .categories = {}}}});
  reference.accuracy = 0.9;
  reference.accuracy_rows = 4'000;
  return reference;
}

/// One row's evidence at a second of event time; its first feature moved by `shift`.
inline KeptEvidence drift_evidence(std::shared_ptr<const registry::VersionRecord> record, Rng& rng,
                                   std::int64_t second, double shift) {
  const std::vector<double> x = {rng.normal() + shift, rng.normal()};
  const std::vector<double> y = {x[0] + x[1]};
  auto evidence = std::make_shared<Evidence>();
  evidence->version = std::move(record);
  evidence->tenant = "default";
  evidence->event_time = WallTime(std::chrono::seconds(second));
  evidence->arrival = evidence->event_time + std::chrono::hours(1);
  evidence->inputs = {Tensor::copy_of(DataType::kFp64, {1, 2}, std::as_bytes(std::span(x)))};
  evidence->outputs = {Tensor::copy_of(DataType::kFp64, {1}, std::as_bytes(std::span(y)))};
  evidence->output_indices = {0};
  return {.evidence = std::move(evidence), .rate = 1};
}

}  // namespace temper::gateway
