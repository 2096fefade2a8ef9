// What each producer stored last, so that a repeated append is told from a new one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "temper/record/streams/streams.h"

namespace temper::streams {

/// Bound: kMaxProducers; the one whose last record is oldest is forgotten first, and a repetition
/// of its last append would be stored again.
class Producers {
 public:
  static constexpr std::size_t kMaxProducers = 4096;

  struct Last {
    std::uint64_t sequence = 0;
    EntryId id;
    bool operator==(const Last&) const = default;
  };

  /// The answer to a repeated append; empty where `mark` is new.
  [[nodiscard]] std::optional<Appended> repeated(const ProducerMark& mark) const;
  void note(std::string_view producer, const Last& last);
  [[nodiscard]] const std::map<std::string, Last, std::less<>>& all() const { return last_; }

 private:
  std::map<std::string, Last, std::less<>> last_;
};

}  // namespace temper::streams
