include("${CMAKE_CURRENT_SOURCE_DIR}/leaks.cmake")
trunkline_test(vonage_element_test
  SOURCES line/carrier_rig.cc vonage/vonage_rig.cc vonage/session_test.cc vonage/source_test.cc vonage/sink_test.cc ../unit/net/support.cc
          ${call_rig}
  DEPS elements_vonage PkgConfig::GIO PkgConfig::GST_CHECK Threads::Threads
  LABELS quick)
trunkline_leak_test(vonage_element_test)
