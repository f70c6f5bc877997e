trunkline_test(deepgram_protocol_test
  SOURCES deepgram/protocol_test.cc deepgram/settings_test.cc deepgram/past_talk_test.cc
  DEPS elements_deepgram gtest_main
  LABELS quick)
trunkline_test(deepgram_parts_test
  SOURCES agent/caller_audio_test.cc deepgram/injector_test.cc deepgram/config_test.cc deepgram/session_rules_test.cc
  DEPS elements_deepgram gtest_main
  LABELS quick tsan)
