trunkline_test(deepgram_conformance_test
  SOURCES deepgram/client_lines_test.cc ../support/agent_rig.cc ../support/element_rig.cc ../support/scripted_agent.cc
  DEPS elements_deepgram PkgConfig::SOUP)
