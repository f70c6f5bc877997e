trunkline_test(gain_test
  SOURCES gain/limiter_test.cc gain/gain_test.cc
  DEPS elements_gain PkgConfig::GST_CHECK
  LABELS quick)
