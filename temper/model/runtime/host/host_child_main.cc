// The child of tests and benchmarks: what `temper host` is in the program itself.
#include <cstdio>
#include <string>
#include <vector>

#include "temper/model/runtime/host/host_main.h"

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + (argc > 2 ? 2 : argc), argv + argc);
  const auto arguments = temper::runtime::parse_host_arguments(words);
  if (!arguments) {
    std::fprintf(stderr, "%s\n", arguments.error().message.c_str());
    return 2;
  }
  return temper::runtime::run_host(*arguments);
}
