trunkline_test(conformance_websocket
  SOURCES websocket/wsproto_test.cc "${CMAKE_SOURCE_DIR}/tests/unit/net/server_support.cc"
          "${CMAKE_SOURCE_DIR}/tests/unit/net/support.cc"
  DEPS engine_net PkgConfig::GIO gtest_main Threads::Threads
  LABELS quick)
trunkline_test(conformance_websocket_framing
  SOURCES websocket/framing_test.cc "${CMAKE_SOURCE_DIR}/tests/unit/net/support.cc"
  DEPS engine_net PkgConfig::GIO gtest_main Threads::Threads
  LABELS quick)

# For suites that judge from outside, run by hand; see docs/websocket.md.
trunkline_program(ws_echo_server SOURCES websocket/echo_server.cc DEPS engine_net)
trunkline_program(ws_echo_client SOURCES websocket/echo_client.cc DEPS engine_net)
