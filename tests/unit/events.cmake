trunkline_test(unit_events
  SOURCES events/delivery_test.cc events/fact_test.cc events/outbox_test.cc
  DEPS engine_events gtest_main Threads::Threads
  LABELS quick tsan)

# valijson is heavy to compile: a program of its own.
trunkline_test(unit_fact_schema
  SOURCES events/schema_test.cc
  DEPS engine_events gtest_main nlohmann_json::nlohmann_json
  LABELS quick)
target_include_directories(unit_fact_schema SYSTEM PRIVATE "${VALIJSON_INCLUDE}")
