trunkline_test(unit_storage
  SOURCES storage/crash_test.cc storage/database_test.cc storage/delivery_store_test.cc storage/queries_test.cc
          storage/record_queue_test.cc storage/recording_test.cc storage/rows_test.cc storage/trouble_test.cc storage/writer_test.cc
  DEPS engine_storage lab_speech gtest_main Threads::Threads
  LABELS quick tsan)
