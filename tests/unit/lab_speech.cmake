trunkline_test(unit_lab_speech
  SOURCES lab_speech/main.cc lab_speech/pcm_test.cc lab_speech/library_test.cc lab_speech/listener_test.cc
  DEPS lab_speech
  LABELS quick
  TIMEOUT 600)
