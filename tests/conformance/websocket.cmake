trunkline_test(conformance_websocket
  SOURCES websocket/wsproto_test.cc "${CMAKE_SOURCE_DIR}/tests/unit/net/server_support.cc"
          "${CMAKE_SOURCE_DIR}/tests/unit/net/support.cc"
  DEPS engine_net PkgConfig::GIO gtest_main Threads::Threads
  LABELS quick)
trunkline_test(conformance_websocket_framing
  SOURCES websocket/closing_test.cc websocket/framing_test.cc "${CMAKE_SOURCE_DIR}/tests/unit/net/support.cc"
  DEPS engine_net PkgConfig::GIO gtest_main Threads::Threads
  LABELS quick)
trunkline_test(conformance_websocket_server
  SOURCES websocket/server_handshake_test.cc "${CMAKE_SOURCE_DIR}/tests/unit/net/server_support.cc"
          "${CMAKE_SOURCE_DIR}/tests/unit/net/support.cc"
  DEPS engine_net PkgConfig::GIO gtest_main Threads::Threads
  LABELS quick)
trunkline_test(conformance_websocket_tls
  SOURCES websocket/tls_test.cc "${CMAKE_SOURCE_DIR}/tests/unit/net/server_support.cc"
          "${CMAKE_SOURCE_DIR}/tests/unit/net/support.cc"
  DEPS engine_net PkgConfig::GIO gtest_main Threads::Threads)
add_dependencies(conformance_websocket_tls trunkline) # for SIGHUP
trunkline_test(conformance_websocket_client
  SOURCES websocket/client_handshake_test.cc "${CMAKE_SOURCE_DIR}/tests/unit/net/support.cc"
  DEPS engine_net PkgConfig::GIO gtest_main Threads::Threads
  LABELS quick)
trunkline_test(conformance_websocket_carrier
  SOURCES websocket/carrier_route_test.cc
  DEPS integration_rig)

# For suites that judge from outside, run by hand; see docs/websocket.md.
trunkline_program(ws_echo_server SOURCES websocket/echo_server.cc DEPS engine_net)
trunkline_program(ws_echo_client SOURCES websocket/echo_client.cc DEPS engine_net)
