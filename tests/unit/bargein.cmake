trunkline_test(unit_bargein
  SOURCES bargein/agent_talk_test.cc bargein/decider_test.cc bargein/detector_test.cc bargein/echo_test.cc
  DEPS elements_bargein lab_speech gtest_main
  LABELS quick)
