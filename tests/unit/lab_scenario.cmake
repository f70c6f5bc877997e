trunkline_test(unit_lab_scenario
  SOURCES lab_scenario/parser_test.cc lab_scenario/runner_test.cc lab_scenario/fault_option_test.cc
  DEPS lab_cli lab_scenario lab_twilio_fake_server gtest_main
  LABELS quick)
