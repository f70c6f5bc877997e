# How every target of the project is made: one static library per box of the layout, tests and programs.
option(TRUNKLINE_TESTS "Build the tests" ON)
option(TRUNKLINE_BENCHMARKS "Build the benchmark programs" ON)
option(TRUNKLINE_FUZZ "Build libFuzzer targets (clang only); otherwise the corpora are replayed as tests" OFF)
option(TRUNKLINE_WERROR "Warnings are errors" ON)
set(TRUNKLINE_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize takes them: address,undefined or thread")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${CCACHE}")
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_library(trunkline_flags INTERFACE)
target_compile_options(trunkline_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
                       $<$<BOOL:${TRUNKLINE_WERROR}>:-Werror>)
target_include_directories(trunkline_flags INTERFACE "${CMAKE_SOURCE_DIR}")
if(TRUNKLINE_SANITIZE)
  add_compile_options(-fsanitize=${TRUNKLINE_SANITIZE} -fno-omit-frame-pointer)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-maybe-uninitialized) # instrumented std::regex and std::optional make GCC see ghosts
  endif()
  add_link_options(-fsanitize=${TRUNKLINE_SANITIZE})
endif()

# Coverage of the boxes is what guides a fuzzer: the instrumentation of the target's own file alone would leave it blind.
if(TRUNKLINE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# trunkline_box(engine_core SOURCES a.cc b.cc DEPS engine_other PRIVATE PkgConfig::X)
# A box is a static library. DEPS are public, PRIVATE ones stay inside its .cc files.
function(trunkline_box name)
  cmake_parse_arguments(BOX "" "" "SOURCES;DEPS;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${BOX_SOURCES})
  target_link_libraries(${name} PUBLIC trunkline_flags ${BOX_DEPS} PRIVATE ${BOX_PRIVATE})
endfunction()

# trunkline_program(name SOURCES … DEPS …)
function(trunkline_program name)
  cmake_parse_arguments(P "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${P_SOURCES})
  target_link_libraries(${name} PRIVATE trunkline_flags ${P_DEPS})
endfunction()

# trunkline_test(name SOURCES … DEPS … [LABELS quick;tsan] [TIMEOUT s]): one GoogleTest program, one CTest case.
# LABELS: `quick` runs in `./dev test quick`; `tsan` also runs under ThreadSanitizer.
function(trunkline_test name)
  cmake_parse_arguments(T "" "TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 120)
  endif()
  if(TRUNKLINE_SANITIZE) # instrumented code is several times slower
    math(EXPR T_TIMEOUT "${T_TIMEOUT} * 4")
  endif()
  add_executable(${name} ${T_SOURCES})
  target_link_libraries(${name} PRIVATE trunkline_flags ${T_DEPS} PkgConfig::GTEST)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${T_TIMEOUT} LABELS "${T_LABELS}"
    ENVIRONMENT "G_SLICE=always-malloc;G_DEBUG=fatal-criticals;GST_REGISTRY=${CMAKE_BINARY_DIR}/gst-registry.bin;TRUNKLINE_SOURCE_DIR=${CMAKE_SOURCE_DIR};TRUNKLINE_BUILD_DIR=${CMAKE_BINARY_DIR}")
endfunction()
