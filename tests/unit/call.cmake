trunkline_test(unit_call
  SOURCES call/call_outbox_test.cc call/ticket_test.cc call/turn_clock_test.cc
  DEPS engine_call gtest_main Threads::Threads
  LABELS quick)
trunkline_test(unit_call_manager
  SOURCES call/main.cc call/manager_rig.cc call/admission_test.cc call/status_callback_test.cc call/media_socket_test.cc
          net/support.cc
  DEPS engine_call elements PkgConfig::GIO Threads::Threads
  LABELS quick tsan)
