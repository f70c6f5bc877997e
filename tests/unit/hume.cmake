trunkline_test(hume_protocol_test
  SOURCES hume/protocol_test.cc hume/settings_test.cc hume/audio_test.cc hume/expressions_test.cc
  DEPS elements_hume gtest_main
  LABELS quick)
