trunkline_fuzzer(core_base64 SOURCES core_base64_fuzz.cc DEPS engine_core PkgConfig::GLIB)
trunkline_fuzzer(core_json SOURCES core_json_fuzz.cc DEPS engine_core nlohmann_json::nlohmann_json)
