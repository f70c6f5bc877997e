# trunkline_leak_test(program): the same tests again under GStreamer's leaks tracer; an object that is alive at the end fails.
include_guard()
function(trunkline_leak_test program)
  if(TRUNKLINE_SANITIZE) # the tracer and the sanitizers' own leak check disturb each other
    return()
  endif()
  add_test(NAME ${program}_leaks COMMAND ${program})
  set_tests_properties(${program}_leaks PROPERTIES TIMEOUT 120 LABELS quick FAIL_REGULAR_EXPRESSION "object-alive, type-name=.string.[A-Z]"
    ENVIRONMENT "GST_TRACERS=leaks;GST_DEBUG=GST_TRACER:7;GST_DEBUG_NO_COLOR=1;GST_REGISTRY=${CMAKE_BINARY_DIR}/gst-registry.bin")
endfunction()
set(call_rig call_main.cc ../support/call_rig.cc ../support/element_rig.cc)
