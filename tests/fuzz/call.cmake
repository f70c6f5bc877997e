trunkline_fuzzer(call_ticket SOURCES call_ticket_fuzz.cc DEPS engine_call)
