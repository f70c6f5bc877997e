trunkline_test(conformance_websocket
  SOURCES websocket/wsproto_test.cc "${CMAKE_SOURCE_DIR}/tests/unit/net/server_support.cc"
          "${CMAKE_SOURCE_DIR}/tests/unit/net/support.cc"
  DEPS engine_net PkgConfig::GIO gtest_main Threads::Threads
  LABELS quick)
