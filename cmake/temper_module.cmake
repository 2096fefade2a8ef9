# The functions by which folders declare what they are. Sources are relative to the calling folder; includes of ours read
# "temper/<folder>/<file>.h". DEPS name modules (`core` or `temper::core`), VENDOR names targets of dependencies.cmake.

add_custom_target(tests)       # every unit test and fuzz replay
add_custom_target(tsan_tests)  # those of threaded modules
add_custom_target(benches)     # built on request only

# Modules whose tests also run under the thread sanitizer, besides those that say THREADED.
set(TEMPER_TSAN_MODULES core model_batching model_registry model_runtime gateway_fleet gateway_service gateway_http)

set(venv "$ENV{TEMPER_VENV}")
if(NOT venv)
  set(venv "$ENV{HOME}/.cache/temper/venv")
endif()
set(TEMPER_VENV "${venv}" CACHE PATH "Python environment of the integration tests, made by ./dev setup")

# For work in progress: leaves out files and modules that others have not written yet, with a warning.
option(TEMPER_PARTIAL "Build what exists" OFF)

function(temper_existing out)
  set(found "")
  foreach(file IN LISTS ARGN)
    if(NOT TEMPER_PARTIAL OR EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
      list(APPEND found "${file}")
    else()
      message(WARNING "${CMAKE_CURRENT_SOURCE_DIR}/${file} is missing and left out")
    endif()
  endforeach()
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

function(temper_link_modules target scope)
  foreach(dep IN LISTS ARGN)
    string(REGEX REPLACE "^temper::" "" dep "${dep}")
    if(TEMPER_PARTIAL)
      target_link_libraries(${target} ${scope} temper_${dep})  # fails at link time only
    else()
      target_link_libraries(${target} ${scope} temper::${dep})
    endif()
  endforeach()
endfunction()

# What every executable of the test suite finds in its environment.
function(temper_test_environment out)
  set(${out}
      "TEMPER_BIN=${CMAKE_BINARY_DIR}/temper"
      "TEMPER_LIB_DIR=${TEMPER_LIB_DIR}"
      "TEMPER_DEPS=${TEMPER_DEPS}"
      "TEMPER_SOURCE_DIR=${CMAKE_SOURCE_DIR}"
      PARENT_SCOPE)
endfunction()

function(temper_executable name folder)
  cmake_parse_arguments(arg "EXCLUDE_FROM_ALL" "" "SOURCES;DEPS;VENDOR" ${ARGN})
  if(arg_EXCLUDE_FROM_ALL)
    add_executable(${name} EXCLUDE_FROM_ALL ${arg_SOURCES})
  else()
    add_executable(${name} ${arg_SOURCES})
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${folder}")
  target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}")
  temper_link_modules(${name} PRIVATE ${arg_DEPS})
  target_link_libraries(${name} PRIVATE ${arg_VENDOR} temper_warnings)
endfunction()

# temper_module(NAME name [SOURCES ...] [HEADERS ...] [DEPS ...] [VENDOR ...]
#               [TESTS x_test.cc ...] [TEST_DEPS ...] [TEST_VENDOR ...] [THREADED])
# makes the library temper::<name> and, of TESTS, one program <name>_test (GoogleTest, labels `unit`, and `tsan` where
# THREADED). DEPS reach the users of the module, VENDOR does not.
function(temper_module)
  cmake_parse_arguments(arg "THREADED" "NAME"
    "SOURCES;HEADERS;DEPS;VENDOR;TESTS;TEST_DEPS;TEST_VENDOR" ${ARGN})
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_NAME)
    message(FATAL_ERROR "temper_module(${arg_NAME}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  foreach(kind SOURCES HEADERS TESTS)
    temper_existing(arg_${kind} ${arg_${kind}})
  endforeach()
  set(target temper_${arg_NAME})
  if(arg_SOURCES)
    set(scope PUBLIC)
    add_library(${target} STATIC ${arg_SOURCES})
    target_link_libraries(${target} PRIVATE ${arg_VENDOR} temper_warnings)
  else()
    set(scope INTERFACE)
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE ${arg_VENDOR})
  endif()
  add_library(temper::${arg_NAME} ALIAS ${target})
  target_sources(${target} ${scope} FILE_SET HEADERS BASE_DIRS "${CMAKE_SOURCE_DIR}" FILES ${arg_HEADERS})
  target_include_directories(${target} ${scope} "${CMAKE_SOURCE_DIR}")
  temper_link_modules(${target} ${scope} ${arg_DEPS})

  if(arg_TESTS AND TEMPER_TESTS)
    temper_executable(${arg_NAME}_test "${TEMPER_TEST_DIR}"
      SOURCES ${arg_TESTS}
      DEPS ${arg_NAME} ${arg_TEST_DEPS}
      VENDOR ${arg_VENDOR} ${arg_TEST_VENDOR} temper_vendor::gmock_main temper_vendor::gmock temper_vendor::gtest)
    add_dependencies(tests ${arg_NAME}_test)
    set(labels unit)
    if(arg_THREADED OR arg_NAME IN_LIST TEMPER_TSAN_MODULES)
      add_dependencies(tsan_tests ${arg_NAME}_test)
      list(APPEND labels tsan)
    endif()
    include(GoogleTest)
    gtest_discover_tests(${arg_NAME}_test
      DISCOVERY_MODE PRE_TEST
      DISCOVERY_TIMEOUT 60
      TEST_PREFIX "${arg_NAME}."
      WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}"
      PROPERTIES TIMEOUT 120)
    # Lists do not survive PROPERTIES above, so ctest sets them after it has discovered the tests.
    temper_test_environment(environment)
    set(properties "${CMAKE_CURRENT_BINARY_DIR}/${arg_NAME}_properties.cmake")
    file(WRITE "${properties}" "foreach(test IN LISTS ${arg_NAME}_test_TESTS)\n"
      "  set_tests_properties(\"\${test}\" PROPERTIES LABELS \"${labels}\" ENVIRONMENT \"${environment}\")\n"
      "endforeach()\n")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${properties}")
  endif()
endfunction()

# temper_fuzz_target(NAME name SOURCES ... DEPS ... [VENDOR ...] CORPUS folder)
# SOURCES define LLVMFuzzerTestOneInput. With preset `fuzz` it is a libFuzzer program, else a program that replays every
# file of the corpus and deterministic mutations of it, run by ctest with label `fuzz`.
function(temper_fuzz_target)
  cmake_parse_arguments(arg "" "NAME;CORPUS" "SOURCES;DEPS;VENDOR" ${ARGN})
  if(NOT TEMPER_TESTS)
    return()
  endif()
  if(TEMPER_SANITIZE STREQUAL "fuzzer")
    temper_executable(${arg_NAME} "${CMAKE_BINARY_DIR}/fuzz"
      SOURCES ${arg_SOURCES} DEPS ${arg_DEPS} VENDOR ${arg_VENDOR})
    target_link_options(${arg_NAME} PRIVATE -fsanitize=fuzzer)
    return()
  endif()
  temper_executable(${arg_NAME}_replay "${TEMPER_TEST_DIR}"
    SOURCES ${arg_SOURCES} "${CMAKE_SOURCE_DIR}/cmake/fuzz_replay.cc" DEPS ${arg_DEPS} VENDOR ${arg_VENDOR})
  add_dependencies(tests ${arg_NAME}_replay)
  get_filename_component(corpus "${arg_CORPUS}" ABSOLUTE)
  temper_test_environment(environment)
  add_test(NAME fuzz.${arg_NAME} COMMAND ${arg_NAME}_replay "${corpus}")
  set_tests_properties(fuzz.${arg_NAME} PROPERTIES LABELS fuzz TIMEOUT 300 ENVIRONMENT "${environment}")
endfunction()

# temper_bench(NAME name SOURCES ... DEPS ... [VENDOR ...]): Google Benchmark program bench/<name>, target `benches`.
function(temper_bench)
  cmake_parse_arguments(arg "" "NAME" "SOURCES;DEPS;VENDOR" ${ARGN})
  temper_executable(${arg_NAME} "${TEMPER_BENCH_DIR}" EXCLUDE_FROM_ALL
    SOURCES ${arg_SOURCES} DEPS ${arg_DEPS} VENDOR ${arg_VENDOR} temper_vendor::benchmark)
  add_dependencies(benches ${arg_NAME})
endfunction()

# temper_integration_test(NAME name SCRIPT file.py|file.sh [ARGS ...] [TIMEOUT seconds])
# runs the script with the venv's Python or bash; the environment names $TEMPER_BIN, $TEMPER_DEPS, $TEMPER_VENV,
# $TEMPER_SOURCE_DIR and $TEMPER_PYTHON. Label `integration`; one at a time, so timings stay honest on two cores.
function(temper_integration_test)
  cmake_parse_arguments(arg "" "NAME;SCRIPT;TIMEOUT" "ARGS" ${ARGN})
  if(NOT TEMPER_TESTS)
    return()
  endif()
  get_filename_component(script "${arg_SCRIPT}" ABSOLUTE)
  if(script MATCHES "\\.py$")
    set(command "${TEMPER_VENV}/bin/python" "${script}")
  else()
    set(command bash "${script}")
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  temper_test_environment(environment)
  list(APPEND environment "TEMPER_VENV=${TEMPER_VENV}" "TEMPER_PYTHON=${TEMPER_VENV}/bin/python")
  add_test(NAME integration.${arg_NAME} COMMAND ${command} ${arg_ARGS})
  set_tests_properties(integration.${arg_NAME} PROPERTIES
    LABELS integration TIMEOUT ${arg_TIMEOUT} RUN_SERIAL ON ENVIRONMENT "${environment}")
endfunction()
