trunkline_fuzzer(carriers SOURCES carriers_fuzz.cc DEPS engine_carriers engine_call engine_config PkgConfig::GLIB)
