trunkline_test(unit_vonage
  SOURCES vonage/protocol_test.cc
  DEPS elements_vonage gtest_main
  LABELS quick)
