trunkline_test(unit_lab_hume
  SOURCES lab_hume/main.cc lab_hume/client.cc ../support/socket_client.cc lab_hume/handshake_test.cc
          lab_hume/settings_test.cc lab_hume/audio_test.cc lab_hume/prosody_test.cc lab_hume/conversation_test.cc
          lab_hume/interruption_test.cc lab_hume/tool_test.cc lab_hume/error_test.cc lab_hume/limits_test.cc
          lab_hume/fault_test.cc lab_hume/rate_test.cc lab_hume/agent_lab_test.cc lab_deepgram/client.cc
  DEPS lab_hume lab_deepgram PkgConfig::SOUP nlohmann_json::nlohmann_json
  LABELS quick
  TIMEOUT 600)
