trunkline_fuzzer(carriers SOURCES carriers_fuzz.cc DEPS engine_carriers PkgConfig::GLIB)
trunkline_fuzzer(carriers_rest SOURCES carriers_rest_fuzz.cc DEPS engine_carriers)
trunkline_fuzzer(carriers_vonage SOURCES carriers_vonage_fuzz.cc DEPS engine_carriers)
