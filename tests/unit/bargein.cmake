trunkline_test(unit_bargein SOURCES bargein/decider_test.cc DEPS elements_bargein gtest_main LABELS quick)
