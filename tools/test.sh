# Sourced by ./dev: builds and runs every test and ends with `N passed, N failed`. A test that was skipped or not run
# counts as failed; so does a build that breaks.

results=$PWD/build/test-results
rm -rf "$results" && mkdir -p "$results"
status=0

# stage PRESET TARGET CTEST-ARGUMENT...
stage() {
  local preset=$1 target=$2
  shift 2
  echo "== $preset: build"
  if ! build "$preset" "$target"; then
    echo "build of $preset failed" >>"$results/broken"
    status=1
    return 0
  fi
  echo "== $preset: test"
  ctest --test-dir "build/$preset" --parallel "$(nproc)" --no-tests=error --output-on-failure --progress \
    --output-junit "$results/$preset.xml" "$@" || status=1
}

export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1}

stage release all
stage asan tests --label-regex '^(unit|fuzz)$'
stage tsan tsan_tests --label-regex '^tsan$'

python3 tools/count_tests "$results" || status=1
exit "$status"
