trunkline_test(unit_net_text
  SOURCES net/signature_test.cc net/text_test.cc
  DEPS engine_net gtest_main Threads::Threads
  LABELS quick)
trunkline_test(unit_net_websocket
  SOURCES net/websocket_test.cc net/websocket_pressure_test.cc net/websocket_violation_test.cc net/ws_codec_test.cc net/support.cc
  DEPS engine_net PkgConfig::GIO gtest_main Threads::Threads
  LABELS quick tsan)
trunkline_test(unit_net_http
  SOURCES net/http_server_test.cc net/http_guard_test.cc net/server_support.cc net/support.cc
  DEPS engine_net PkgConfig::GIO gtest_main Threads::Threads
  LABELS quick tsan)
trunkline_test(unit_net_client
  SOURCES net/http_client_test.cc net/websocket_client_test.cc net/server_support.cc net/support.cc
  DEPS engine_net PkgConfig::GIO PkgConfig::SOUP gtest_main Threads::Threads
  LABELS quick)
trunkline_test(unit_net_tls
  SOURCES net/tls_test.cc net/server_support.cc net/support.cc
  DEPS engine_net PkgConfig::GIO gtest_main Threads::Threads
  LABELS quick)
trunkline_test(unit_net_types
  SOURCES net/network_types_test.cc net/server_support.cc net/support.cc
  DEPS engine_net PkgConfig::GIO gtest_main Threads::Threads
  LABELS quick)
