trunkline_test(unit_recorder SOURCES recorder/two_legs_test.cc recorder/recording_path_test.cc
  DEPS elements_recorder lab_speech gtest_main LABELS quick)
