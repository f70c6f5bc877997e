foreach(target net_websocket net_upgrade net_text net_signature)
  trunkline_fuzzer(${target} SOURCES ${target}_fuzz.cc DEPS engine_net)
endforeach()
