trunkline_fuzzer(hume_protocol SOURCES hume_protocol_fuzz.cc DEPS elements_hume)
trunkline_fuzzer(hume_wav SOURCES hume_wav_fuzz.cc DEPS elements_hume)
