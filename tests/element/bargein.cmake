include("${CMAKE_CURRENT_SOURCE_DIR}/leaks.cmake")
trunkline_test(bargein_element_test
  SOURCES bargein/bargein_test.cc bargein/local_test.cc ${call_rig}
  DEPS elements_bargein lab_speech Threads::Threads
  LABELS quick)
trunkline_leak_test(bargein_element_test)
