trunkline_test(unit_core
  SOURCES core/base64_test.cc core/clock_test.cc core/histogram_test.cc core/id_test.cc core/json_test.cc
          core/json_writer_test.cc core/log_test.cc core/patient_output_test.cc core/ring_test.cc
  DEPS engine_core gtest_main Threads::Threads
  LABELS quick tsan)
