trunkline_test(unit_loop
  SOURCES loop/pace_test.cc loop/post_queue_test.cc loop/shard_fd_test.cc loop/shard_test.cc loop/timer_wheel_test.cc
  DEPS engine_loop gtest_main Threads::Threads
  LABELS quick tsan)
