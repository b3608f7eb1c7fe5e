# room(NAME n SOURCES … [DEPS rooms…] [LIBS vendor targets…] [TESTS *_test.cc…] [BENCHES *_bench.cc…]
#      [FUZZERS *_fuzz.cc…] [TEST_DEPS rooms…] [TEST_LIBS targets…])
#
# A room is a folder with one purpose. DEPS is the whole list of rooms whose headers it may include: each target
# is given the include roots of exactly those rooms (one symlink a room in the build tree), so that an undeclared
# `#include "other/x.h"` does not compile. LIBS are private: vendor headers stay in the room that names them.
function(room)
  cmake_parse_arguments(R "" "NAME" "SOURCES;DEPS;LIBS;TESTS;BENCHES;FUZZERS;TEST_DEPS;TEST_LIBS" ${ARGN})
  set(root ${CMAKE_BINARY_DIR}/rooms/${R_NAME})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${root}/${R_NAME} SYMBOLIC)

  if(R_SOURCES)
    add_library(${R_NAME} STATIC ${R_SOURCES})
    room_settings(${R_NAME} ${R_NAME} ${R_DEPS})
    target_link_libraries(${R_NAME} PRIVATE ${R_LIBS})
    foreach(dep IN LISTS R_DEPS)
      target_link_libraries(${R_NAME} PUBLIC ${dep})
    endforeach()
  else()
    add_library(${R_NAME} INTERFACE)
  endif()

  if(R_TESTS)
    room_program(${R_NAME}_test "${R_TESTS}" GTest::gmock_main)
    add_test(NAME ${R_NAME} COMMAND ${R_NAME}_test WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    # Arrow's memory comes from malloc, where the sanitizers see it.
    set_tests_properties(${R_NAME} PROPERTIES TIMEOUT 600 ENVIRONMENT ARROW_DEFAULT_MEMORY_POOL=system)
  endif()
  foreach(source IN LISTS R_BENCHES)
    cmake_path(GET source STEM name)
    room_program(${name} ${source} benchmark::benchmark_main)
    set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL TRUE)
  endforeach()
  # A fuzzer is one function; its driver replays the kept corpus as a test, and libFuzzer drives it in `./dev fuzz`.
  foreach(source IN LISTS R_FUZZERS)
    cmake_path(GET source STEM name)
    if(FOZ_FUZZ)
      room_program(${name} ${source} "")
      target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    else()
      room_program(${name} "${source};${CMAKE_SOURCE_DIR}/test/fuzz/replay_main.cc" "")
      add_test(NAME ${name} COMMAND ${name} ${CMAKE_SOURCE_DIR}/test/fuzz/corpus/${name})
      set_tests_properties(${name} PROPERTIES TIMEOUT 120 ENVIRONMENT ARROW_DEFAULT_MEMORY_POOL=system)
    endif()
  endforeach()
endfunction()

# Uses the R_ variables of the calling room().
macro(room_program target sources main)
  add_executable(${target} ${sources})
  room_settings(${target} ${R_NAME} ${R_DEPS} ${R_TEST_DEPS})
  target_link_libraries(${target} PRIVATE ${R_NAME} ${R_TEST_DEPS} ${R_LIBS} ${R_TEST_LIBS} ${main})
endmacro()

# Include roots, warnings and sanitizers of one target.
function(room_settings target)
  set(rooms ${ARGN})
  list(REMOVE_DUPLICATES rooms)
  foreach(dep IN LISTS rooms)
    target_include_directories(${target} PRIVATE ${CMAKE_BINARY_DIR}/rooms/${dep})
  endforeach()
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
                         $<$<CXX_COMPILER_ID:Clang>:-Wno-missing-designated-field-initializers>)
  target_link_libraries(${target} PRIVATE fmt::fmt Threads::Threads)
endfunction()
