trunkline_test(audio_chain_test
  SOURCES audio/chain_test.cc audio/measure_test.cc ../support/audio_measure.cc ${call_rig}
  DEPS engine_graph lab_speech PkgConfig::GST Threads::Threads
  LABELS quick)
