# Every third-party library, in one place. `./dev setup` puts the prebuilt ones into build/deps.
set(FOZ_DEPS ${CMAKE_SOURCE_DIR}/build/deps CACHE PATH "prebuilt Arrow and DuckDB, made by ./dev setup")
set(FOZ_PYARROW 26.0.1)
set(FOZ_DUCKDB 1.5.6)

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(CURL REQUIRED)
find_package(CLI11 REQUIRED)
find_package(simdjson REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(lz4 REQUIRED IMPORTED_TARGET liblz4)
find_library(SNAPPY_LIBRARY snappy REQUIRED)
add_library(Snappy::snappy UNKNOWN IMPORTED GLOBAL)
set_target_properties(Snappy::snappy PROPERTIES IMPORTED_LOCATION ${SNAPPY_LIBRARY})

# The C++ libraries inside the pyarrow wheel: no Python at run time.
set(arrow_root ${FOZ_DEPS}/pyarrow-${FOZ_PYARROW})
if(NOT EXISTS ${arrow_root}/include/arrow/api.h)
  message(FATAL_ERROR "Arrow is not in ${arrow_root}: run ./dev setup")
endif()
function(arrow_library name file)
  add_library(Arrow::${name} SHARED IMPORTED GLOBAL)
  set_target_properties(Arrow::${name} PROPERTIES
    IMPORTED_LOCATION ${arrow_root}/${file}.so.2600
    INTERFACE_INCLUDE_DIRECTORIES ${arrow_root}/include
    INTERFACE_LINK_LIBRARIES "${ARGN}")
endfunction()
arrow_library(arrow libarrow)
arrow_library(compute libarrow_compute Arrow::arrow)
arrow_library(parquet libparquet Arrow::arrow)

set(duckdb_root ${FOZ_DEPS}/duckdb-${FOZ_DUCKDB})
if(NOT EXISTS ${duckdb_root}/lib/libduckdb.so)
  message(FATAL_ERROR "DuckDB is not in ${duckdb_root}: run ./dev setup")
endif()
add_library(DuckDB::duckdb SHARED IMPORTED GLOBAL)
set_target_properties(DuckDB::duckdb PROPERTIES
  IMPORTED_LOCATION ${duckdb_root}/lib/libduckdb.so
  INTERFACE_INCLUDE_DIRECTORIES ${duckdb_root}/include
  INTERFACE_COMPILE_DEFINITIONS NDEBUG)  # as the library was built: its inline code checks otherwise

# Build types and sanitizers. Dev keeps line tables and light optimisation: sanitizer runs stay bearable.
set(CMAKE_CXX_FLAGS_DEV "-O1 -g1 -fno-omit-frame-pointer")
# GCC 12 sees uninitialized members in a std::expected that holds its error.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG -Wno-maybe-uninitialized")
if(FOZ_SANITIZE)
  add_compile_options(-fsanitize=${FOZ_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${FOZ_SANITIZE})
endif()
if(FOZ_FUZZ)
  # GCC's build is the one that warns. With a constexpr unique_ptr Clang wants types whole that DuckDB's headers complete
  # too late.
  add_compile_options(-fsanitize=fuzzer-no-link -w -D_GLIBCXX23_CONSTEXPR=)
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# libparquet carries and exports a newer simdjson. Whoever comes first in the list of libraries gives the symbols, and
# our headers are those of the system's library.
find_library(SIMDJSON_LIBRARY simdjson REQUIRED)
add_link_options(LINKER:--push-state,--no-as-needed ${SIMDJSON_LIBRARY} LINKER:--pop-state)
