trunkline_fuzzer(graph SOURCES graph_fuzz.cc DEPS engine_graph)
