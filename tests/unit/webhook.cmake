trunkline_test(unit_webhook SOURCES webhook/event_filter_test.cc DEPS elements_webhook gtest_main LABELS quick)
