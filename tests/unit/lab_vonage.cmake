# The simulated Vonage: pure parts, and lines 45 to 53 of the conformance checklist against a server that can break rules.
trunkline_test(unit_lab_vonage
  SOURCES lab_vonage/parts_test.cc lab_vonage/answer_test.cc lab_vonage/socket_test.cc lab_vonage/media_test.cc
          lab_vonage/events_test.cc lab_vonage/rest_test.cc lab_vonage/scenario_test.cc
          lab_vonage/carrier_call_test.cc
  DEPS lab_vonage lab_scenario lab_twilio_fake_server PkgConfig::JWT gtest_main LABELS quick)
