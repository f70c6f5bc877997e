trunkline_test(recordsink_element_test
  SOURCES recorder/recordsink_test.cc recorder/heard_pad_test.cc ${call_rig}
  DEPS elements_recorder engine_storage lab_speech PkgConfig::GST_CHECK Threads::Threads
  LABELS quick)
trunkline_leak_test(recordsink_element_test)
