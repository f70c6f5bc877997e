set(rig ../support/agent_rig.cc ../support/element_rig.cc ../support/scripted_agent.cc)
trunkline_test(hume_element_test
  SOURCES hume/session_test.cc hume/audio_test.cc hume/talk_test.cc hume/element_test.cc ${rig}
  DEPS elements_hume PkgConfig::SOUP PkgConfig::GST_CHECK)
