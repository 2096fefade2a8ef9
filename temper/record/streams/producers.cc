#include "temper/record/streams/producers.h"

#include <algorithm>

namespace temper::streams {

std::optional<Appended> Producers::repeated(const ProducerMark& mark) const {
  const auto found = last_.find(mark.producer);
  if (found == last_.end() || mark.sequence > found->second.sequence) return std::nullopt;
  const bool is_last = mark.sequence == found->second.sequence;
  return Appended{.id = is_last ? found->second.id : EntryId{}, .duplicate = true};
}

void Producers::note(std::string_view producer, const Last& last) {
  if (const auto found = last_.find(producer); found != last_.end()) {
    found->second = last;
    return;
  }
  if (last_.size() >= kMaxProducers) {
    const auto older = [](const auto& a, const auto& b) { return a.second.id < b.second.id; };
    last_.erase(std::min_element(last_.begin(), last_.end(), older));
  }
  last_.emplace(producer, last);
}

}  // namespace temper::streams
