trunkline_test(unit_lab_deepgram
  SOURCES lab_deepgram/main.cc lab_deepgram/client.cc ../support/socket_client.cc lab_deepgram/settings_test.cc lab_deepgram/message_test.cc
          lab_deepgram/brain_test.cc lab_deepgram/audio_test.cc lab_deepgram/handshake_test.cc
          lab_deepgram/conversation_test.cc lab_deepgram/function_test.cc lab_deepgram/limits_test.cc
          lab_deepgram/fault_test.cc
  DEPS lab_deepgram PkgConfig::SOUP nlohmann_json::nlohmann_json
  LABELS quick
  TIMEOUT 600)
