trunkline_test(unit_line
  SOURCES line/main.cc line/gain_test.cc line/exact_test.cc line/hold_test.cc line/playout_test.cc
  DEPS engine_line
  LABELS quick)
