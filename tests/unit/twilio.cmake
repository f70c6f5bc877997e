trunkline_test(unit_twilio
  SOURCES twilio/main.cc twilio/protocol_test.cc twilio/playout_test.cc
  DEPS elements_twilio
  LABELS quick)
