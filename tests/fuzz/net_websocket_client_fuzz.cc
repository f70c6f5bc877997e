// What a backend may send into a WebSocket that we dialled: unmasked frames.
#include "tests/fuzz/websocket_feed.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    return trunkline::fuzz::fuzz_websocket(trunkline::WsCodec::Role::kClient, {data, size});
}
