set(rig ../support/agent_rig.cc ../support/element_rig.cc ../support/scripted_agent.cc)
trunkline_test(deepgram_element_test
  SOURCES deepgram/session_test.cc deepgram/replies_test.cc deepgram/tools_test.cc deepgram/element_test.cc ${rig}
  DEPS elements_deepgram PkgConfig::SOUP)
