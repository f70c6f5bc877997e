trunkline_test(unit_config SOURCES config/config_test.cc DEPS engine_config gtest_main LABELS quick)
