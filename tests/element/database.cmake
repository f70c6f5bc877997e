include("${CMAKE_CURRENT_SOURCE_DIR}/leaks.cmake")
trunkline_test(dbsink_element_test
  SOURCES database/dbsink_test.cc ${call_rig}
  DEPS elements_database engine_loop Threads::Threads
  LABELS quick)
trunkline_leak_test(dbsink_element_test)
