# Every compiler and linker flag of the project lives here.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
# -g1 keeps line numbers for stack traces at a fraction of the size. No -DNDEBUG: asserts of ours stay.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g")

if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64" AND TEMPER_MARCH)
  add_compile_options(-march=${TEMPER_MARCH})
endif()
add_compile_options(-fno-omit-frame-pointer)

if(TEMPER_SANITIZE STREQUAL "address")
  # gcc's -Wmaybe-uninitialized misfires inside the standard library once sanitizers inline code.
  set(sanitize -fsanitize=address,undefined -fno-sanitize-recover=all)
  add_compile_options(${sanitize} -Wno-maybe-uninitialized)
elseif(TEMPER_SANITIZE STREQUAL "thread")
  # gcc warns that it does not instrument atomic_thread_fence; the standard library uses it.
  set(sanitize -fsanitize=thread)
  add_compile_options(${sanitize} -Wno-tsan -Wno-maybe-uninitialized)
elseif(TEMPER_SANITIZE STREQUAL "fuzzer")
  set(sanitize -fsanitize=address,undefined -fno-sanitize-recover=all)
  add_compile_options(${sanitize} -fsanitize=fuzzer-no-link)
elseif(TEMPER_SANITIZE)
  message(FATAL_ERROR "TEMPER_SANITIZE=${TEMPER_SANITIZE}: expected address, thread or fuzzer")
endif()
add_link_options(${sanitize})

find_program(CCACHE ccache)
if(CCACHE)
  # Paths inside the tree are hashed relative to it, so that a second clone of it finds the first one's objects.
  set(launcher env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1 "${CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()
add_link_options(-Wl,--as-needed)

# The warnings that are errors in ours; vendors' headers are SYSTEM and stay silent.
add_library(temper_warnings INTERFACE)
target_compile_options(temper_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion $<$<BOOL:${TEMPER_WERROR}>:-Werror>)

# build/<preset>/temper and beside it lib/; tests and benchmarks in folders of their own.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/archive")
set(TEMPER_TEST_DIR "${CMAKE_BINARY_DIR}/tests")
set(TEMPER_BENCH_DIR "${CMAKE_BINARY_DIR}/bench")
