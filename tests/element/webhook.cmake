include("${CMAKE_CURRENT_SOURCE_DIR}/leaks.cmake")
trunkline_test(webhooksink_element_test
  SOURCES webhook/webhooksink_test.cc ${call_rig}
  DEPS elements_webhook engine_loop Threads::Threads
  LABELS quick)
trunkline_leak_test(webhooksink_element_test)
