#include "temper/gateway/drift/row_buffer.h"

#include <algorithm>
#include <cstring>

namespace temper::gateway {
namespace {

/// A step of a multiplicative hash; only ties are decided by it.
std::uint64_t mixed(std::uint64_t hash, std::uint64_t value) {
  return (hash ^ value) * 0x9E3779B97F4A7C15ULL + (hash >> 29U);
}

}  // namespace

drift::Rows OrderedRows::rows(std::size_t first, std::size_t count,
                              std::vector<drift::ColumnView>& views) const {
  views.clear();
  for (const drift::FeatureValues& each : values) views.push_back(each.view(first, count));
  return {.event_time_ns = std::span(times).subspan(first, count), .columns = views};
}

std::uint64_t RowBuffer::tie_of(const Request& request, std::size_t row) {
  std::uint64_t tie = 0;
  for (std::size_t k = 0; k < request.tensors.size(); ++k) {
    const Tensor& tensor = request.tensors[k];
    if (!request.categories[k].empty()) {
      tie = mixed(tie, request.categories[k][std::min(row, request.categories[k].size() - 1)]);
      continue;
    }
    const auto rows = static_cast<std::size_t>(std::max<std::int64_t>(tensor.rows(), 1));
    const std::size_t size = tensor.data.size() / rows;
    const std::span<const std::byte> bytes =
        tensor.data.subspan(std::min(row, rows - 1) * size, size);
    for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data() + at, std::min(sizeof word, bytes.size() - at));
      tie = mixed(tie, word);
    }
  }
  return tie;
}

void RowBuffer::add(std::shared_ptr<const Evidence> evidence, std::span<const Tensor> tensors) {
  const std::int64_t time = evidence->event_time.time_since_epoch().count();
  const auto rows = static_cast<std::size_t>(evidence->rows);
  Request request{.evidence = std::move(evidence), .tensors = tensors, .categories = {}};
  request.categories.resize(tensors.size());
  for (std::size_t k = 0; k < tensors.size(); ++k) {
    if (tensors[k].datatype != DataType::kBytes) continue;
    if (const auto texts = string_elements(tensors[k])) {
      for (const std::string_view text : *texts) {
        request.categories[k].push_back(drift::category_id(text));
      }
    }
  }
  for (std::size_t row = 0; row < rows; ++row) {
    keys_.push_back(
        {.time = time, .tie = tie_of(request, row), .request = requests_.size(), .row = row});
  }
  requests_.push_back(std::move(request));
}

bool RowBuffer::release(bool all, OrderedRows& rows) {
  // Twice what is held, so that each row is sorted about twice and not once a request.
  if (keys_.empty() || (!all && keys_.size() < 2 * kHeld)) return false;
  std::ranges::sort(keys_);
  const std::size_t count = all ? keys_.size() : keys_.size() - kHeld;
  rows.times.clear();
  for (std::size_t k = 0; k < count; ++k) rows.times.push_back(keys_[k].time);
  if (rows.values.empty()) rows.values = drift::values_of(map_);
  for (std::size_t k = 0; k < rows.values.size(); ++k) {
    take_feature(map_.features()[k], count, rows.values[k]);
  }
  forget(count);
  return true;
}

void RowBuffer::take_feature(const Feature& feature, std::size_t count,
                             drift::FeatureValues& values) const {
  values.clear();
  for (std::size_t k = 0; k < count; ++k) {
    const Request& request = requests_[keys_[k].request];
    const Tensor& tensor = request.tensors[feature.input];
    if (tensor.datatype == DataType::kBytes) {
      const std::vector<std::uint64_t>& ids = request.categories[feature.input];
      values.append_category(keys_[k].row < ids.size() ? ids[keys_[k].row] : 0);
      continue;
    }
    const std::size_t stride =
        tensor.shape.size() == 2 ? static_cast<std::size_t>(tensor.shape[1]) : 1;
    values.append_number(element_as_number(
        tensor, keys_[k].row * stride + static_cast<std::size_t>(feature.column)));
  }
}

/// Drops the first `count` keys, and the requests that no other key names.
void RowBuffer::forget(std::size_t count) {
  constexpr std::size_t kNone = ~std::size_t{0};
  keys_.erase(keys_.begin(), keys_.begin() + static_cast<std::ptrdiff_t>(count));
  std::vector<std::size_t> places(requests_.size(), kNone);
  std::vector<Request> kept;
  for (Key& key : keys_) {
    std::size_t& place = places[key.request];
    if (place == kNone) {
      place = kept.size();
      kept.push_back(std::move(requests_[key.request]));
    }
    key.request = place;
  }
  requests_.swap(kept);
}

}  // namespace temper::gateway
