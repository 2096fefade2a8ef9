// Stands in for libFuzzer under g++: feeds a fuzz target every file of its corpus, and a fixed
// number of mutations of each, the same ones on every run. After a crash, run it again with
// TEMPER_FUZZ_VERBOSE=1: the last line names the file and the mutation.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr int kMutationsPerFile = 200;

using Bytes = std::vector<std::uint8_t>;

Bytes read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Bytes mutate(Bytes bytes, std::mt19937_64& rng) {
  const auto below = [&rng](std::size_t bound) { return static_cast<std::size_t>(rng() % bound); };
  const std::size_t edits = 1 + below(4);
  for (std::size_t i = 0; i < edits; ++i) {
    const std::size_t at = below(bytes.size() + 1);
    const auto position = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    switch (below(5)) {
      case 0:  // flip a bit
        if (at < bytes.size()) bytes[at] ^= static_cast<std::uint8_t>(1U << below(8));
        break;
      case 1:  // any byte
        if (at < bytes.size()) bytes[at] = static_cast<std::uint8_t>(rng());
        break;
      case 2:  // grow
        bytes.insert(position, static_cast<std::uint8_t>(rng()));
        break;
      case 3:  // cut the end
        bytes.erase(position, bytes.end());
        break;
      default: {  // drop a piece
        const std::size_t length = std::min(bytes.size() - at, below(16));
        bytes.erase(position, position + static_cast<std::ptrdiff_t>(length));
      }
    }
  }
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  const bool verbose = std::getenv("TEMPER_FUZZ_VERBOSE") != nullptr;
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    if (std::filesystem::is_regular_file(argv[i])) {
      files.emplace_back(argv[i]);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    std::fprintf(stderr, "fuzz_replay: the corpus is empty\n");
    return 1;
  }
  for (const auto& path : files) {
    const Bytes original = read(path);
    std::seed_seq seed(original.begin(), original.end());
    std::mt19937_64 rng(seed);
    for (int mutation = 0; mutation <= kMutationsPerFile; ++mutation) {
      if (verbose) std::fprintf(stderr, "%s mutation %d\n", path.c_str(), mutation);
      const Bytes input = mutation == 0 ? original : mutate(original, rng);
      LLVMFuzzerTestOneInput(input.data(), input.size());
    }
  }
  std::printf("%zu files, %d mutations of each\n", files.size(), kMutationsPerFile);
  return 0;
}
