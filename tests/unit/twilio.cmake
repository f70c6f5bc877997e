trunkline_test(unit_twilio
  SOURCES twilio/protocol_test.cc
  DEPS elements_twilio gtest_main
  LABELS quick)
