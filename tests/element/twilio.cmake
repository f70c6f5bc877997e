include("${CMAKE_CURRENT_SOURCE_DIR}/leaks.cmake")
trunkline_test(twilio_element_test
  SOURCES line/carrier_rig.cc twilio/twilio_rig.cc twilio/session_test.cc twilio/source_test.cc twilio/sink_test.cc ../unit/net/support.cc
          ${call_rig}
  DEPS elements_twilio PkgConfig::GST_CHECK PkgConfig::GIO Threads::Threads
  LABELS quick)
trunkline_leak_test(twilio_element_test)
