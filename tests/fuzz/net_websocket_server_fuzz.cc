// What a carrier may send into a served WebSocket: masked frames.
#include "tests/fuzz/websocket_feed.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    return trunkline::fuzz::fuzz_websocket(trunkline::WsCodec::Role::kServer, {data, size});
}
