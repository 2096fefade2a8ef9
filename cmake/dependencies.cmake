# Third-party code as targets temper_vendor::<name>, all of them SYSTEM includes.
#
# From apt: fmt, spdlog, simdjson, nlohmann, tomlplusplus, cli11, boost_headers, openssl, zlib, curl, protobuf, grpc,
# hiredis, gtest, gmock, benchmark. From `./dev setup`, in TEMPER_DEPS: onnxruntime_headers, duckdb_headers and xgboost_headers
# (their libraries are opened at run time, see below), sqlite and onnx_proto (compiled here).

set(default_deps "$ENV{TEMPER_DEPS}")
if(NOT default_deps)
  set(default_deps "$ENV{HOME}/.cache/temper/deps")
endif()
set(TEMPER_DEPS "${default_deps}" CACHE PATH "Where ./dev setup puts the pinned artifacts")
foreach(name onnxruntime duckdb xgboost sqlite onnx)
  string(TOUPPER ${name} upper)
  set(${upper}_ROOT "${TEMPER_DEPS}/${name}" CACHE PATH "Another copy of ${name}")
  if(NOT EXISTS "${${upper}_ROOT}")
    message(FATAL_ERROR "${name} is not at ${${upper}_ROOT}: run ./dev setup, or give -D${upper}_ROOT=")
  endif()
endforeach()

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Protobuf REQUIRED)

# temper_vendor_interface(NAME [INCLUDE dir...] [LINK targets or libraries...] [DEFINE definitions...])
function(temper_vendor_interface name)
  cmake_parse_arguments(arg "" "" "INCLUDE;LINK;DEFINE" ${ARGN})
  add_library(temper_vendor_${name} INTERFACE)
  add_library(temper_vendor::${name} ALIAS temper_vendor_${name})
  target_include_directories(temper_vendor_${name} SYSTEM INTERFACE ${arg_INCLUDE})
  target_link_libraries(temper_vendor_${name} INTERFACE ${arg_LINK})
  target_compile_definitions(temper_vendor_${name} INTERFACE ${arg_DEFINE})
endfunction()

# temper_vendor_package(NAME pkg-config-module...): a library of apt, by its pkg-config file.
function(temper_vendor_package name)
  pkg_check_modules(${name}_package REQUIRED IMPORTED_TARGET ${ARGN})
  temper_vendor_interface(${name} LINK PkgConfig::${name}_package)
endfunction()

temper_vendor_package(fmt fmt)
temper_vendor_package(spdlog spdlog)
temper_vendor_package(simdjson simdjson)
temper_vendor_package(nlohmann nlohmann_json)
temper_vendor_package(openssl openssl)
temper_vendor_package(zlib zlib)
temper_vendor_package(curl libcurl)
temper_vendor_package(benchmark benchmark)
temper_vendor_package(gtest gtest)
temper_vendor_package(gmock gmock)
temper_vendor_package(gmock_main gmock_main)
temper_vendor_package(protobuf protobuf)
temper_vendor_package(hiredis hiredis)

find_path(TOMLPLUSPLUS_INCLUDE toml++/toml.h REQUIRED)
temper_vendor_interface(tomlplusplus INCLUDE ${TOMLPLUSPLUS_INCLUDE})
find_path(CLI11_INCLUDE CLI/CLI.hpp REQUIRED)
temper_vendor_interface(cli11 INCLUDE ${CLI11_INCLUDE})
find_path(BOOST_INCLUDE boost/beast.hpp REQUIRED)
temper_vendor_interface(boost_headers INCLUDE ${BOOST_INCLUDE} LINK Threads::Threads)

if(TEMPER_GRPC)
  temper_vendor_package(grpc grpc++ protobuf)
  find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)
endif()

# Headers whose libraries are opened with dlopen.
temper_vendor_interface(onnxruntime_headers INCLUDE ${ONNXRUNTIME_ROOT}/include LINK ${CMAKE_DL_LIBS})
temper_vendor_interface(duckdb_headers INCLUDE ${DUCKDB_ROOT}/include LINK ${CMAKE_DL_LIBS})
temper_vendor_interface(xgboost_headers INCLUDE ${XGBOOST_ROOT}/include LINK ${CMAKE_DL_LIBS})

# The program looks for those libraries in <folder of the program>/lib, then in $TEMPER_LIB_DIR.
# XGBoost finds its libgomp by a path relative to its own, so the folders of its wheel stay as they are.
set(TEMPER_LIB_DIR "${CMAKE_BINARY_DIR}/lib")
get_filename_component(xgboost_parent "${XGBOOST_ROOT}" DIRECTORY)
file(MAKE_DIRECTORY "${TEMPER_LIB_DIR}" "${TEMPER_TEST_DIR}" "${TEMPER_BENCH_DIR}")
function(temper_link from to)
  if(NOT EXISTS "${from}")
    message(FATAL_ERROR "${from} is missing: run ./dev setup")
  endif()
  file(CREATE_LINK "${from}" "${to}" SYMBOLIC)
endfunction()
temper_link("${ONNXRUNTIME_ROOT}/lib/libonnxruntime.so.1.32.0" "${TEMPER_LIB_DIR}/libonnxruntime.so.1.32.0")
temper_link("${DUCKDB_ROOT}/lib/libduckdb.so" "${TEMPER_LIB_DIR}/libduckdb.so")
temper_link("${XGBOOST_ROOT}" "${TEMPER_LIB_DIR}/xgboost")
temper_link("${xgboost_parent}/xgboost_cpu.libs" "${TEMPER_LIB_DIR}/xgboost_cpu.libs")
temper_link("${TEMPER_LIB_DIR}" "${TEMPER_TEST_DIR}/lib")
temper_link("${TEMPER_LIB_DIR}" "${TEMPER_BENCH_DIR}/lib")

add_library(temper_vendor_sqlite STATIC "${SQLITE_ROOT}/sqlite3.c")
add_library(temper_vendor::sqlite ALIAS temper_vendor_sqlite)
target_include_directories(temper_vendor_sqlite SYSTEM PUBLIC "${SQLITE_ROOT}")
target_compile_options(temper_vendor_sqlite PRIVATE -w -O2 -fno-sanitize=all)  # sanitized, it takes minutes to build
target_compile_definitions(temper_vendor_sqlite PRIVATE
  SQLITE_THREADSAFE=1 SQLITE_DQS=0 SQLITE_DEFAULT_FOREIGN_KEYS=1 SQLITE_OMIT_LOAD_EXTENSION
  SQLITE_OMIT_DEPRECATED SQLITE_LIKE_DOESNT_MATCH_BLOBS)
target_link_libraries(temper_vendor_sqlite PUBLIC Threads::Threads)

add_custom_target(temper_generated)  # all that clang-tidy needs besides the tree

# temper_proto_library(NAME name PROTO file.proto [GRPC]): target temper_proto::<name>; include "<file>.pb.h"
# (and "<file>.grpc.pb.h" with GRPC).
function(temper_proto_library)
  cmake_parse_arguments(arg "GRPC" "NAME;PROTO" "" ${ARGN})
  get_filename_component(proto "${arg_PROTO}" ABSOLUTE)
  get_filename_component(folder "${proto}" DIRECTORY)
  get_filename_component(stem "${proto}" NAME_WE)
  set(out "${CMAKE_BINARY_DIR}/proto/${arg_NAME}")
  file(MAKE_DIRECTORY "${out}")
  set(generated "${out}/${stem}.pb.cc")
  set(command protoc "--proto_path=${folder}" "--cpp_out=${out}" "${proto}")
  if(arg_GRPC)
    list(APPEND generated "${out}/${stem}.grpc.pb.cc")
    list(APPEND command "--grpc_out=${out}" "--plugin=protoc-gen-grpc=${GRPC_CPP_PLUGIN}")
  endif()
  string(REPLACE ".cc" ".h" headers "${generated}")
  add_custom_command(OUTPUT ${generated} ${headers} COMMAND ${command} DEPENDS "${proto}" VERBATIM)
  add_custom_target(temper_proto_${arg_NAME}_files DEPENDS ${generated} ${headers})
  add_dependencies(temper_generated temper_proto_${arg_NAME}_files)
  add_library(temper_proto_${arg_NAME} STATIC ${generated} ${headers})
  add_library(temper_proto::${arg_NAME} ALIAS temper_proto_${arg_NAME})
  target_include_directories(temper_proto_${arg_NAME} SYSTEM PUBLIC "${out}")
  target_compile_options(temper_proto_${arg_NAME} PRIVATE -w -fno-sanitize=all)
  add_dependencies(temper_proto_${arg_NAME} temper_proto_${arg_NAME}_files)
  target_link_libraries(temper_proto_${arg_NAME} PUBLIC temper_vendor::protobuf)
  if(arg_GRPC)
    target_link_libraries(temper_proto_${arg_NAME} PUBLIC temper_vendor::grpc)
  endif()
endfunction()

temper_proto_library(NAME onnx PROTO "${ONNX_ROOT}/onnx.proto")
add_library(temper_vendor::onnx_proto ALIAS temper_proto_onnx)
