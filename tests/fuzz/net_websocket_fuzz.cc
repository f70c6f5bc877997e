// Feeds a served WebSocket's codec with arbitrary bytes, cut into pieces as the first byte of the input says.
#include <algorithm>
#include <cstdlib>

#include "engine/core/json.h"
#include "engine/net/ws_codec.h"

namespace {

constexpr size_t kLimit = 4096;

struct Sink : trunkline::WsCodec::Sink {
    void on_message(bool text, std::span<const uint8_t> payload) override {
        if (payload.size() > kLimit) std::abort();
        if (text && !trunkline::is_utf8({reinterpret_cast<const char*>(payload.data()), payload.size()})) std::abort();
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    std::span<const uint8_t> rest(data + 1, size - 1);
    size_t piece = 1 + data[0] % 64U;
    bool client = (data[0] & 0x80) != 0;
    Sink sink;
    trunkline::WsCodec codec(client ? trunkline::WsCodec::Role::kClient : trunkline::WsCodec::Role::kServer, kLimit,
                             &sink);
    std::string out;
    while (!rest.empty()) {
        auto verdict = codec.feed(rest.first(std::min(piece, rest.size())));
        codec.take_output(out);
        if (verdict != trunkline::WsCodec::Verdict::kGoOn && codec.write_message(true, {}, out)) std::abort();
        rest = rest.subspan(std::min(piece, rest.size()));
    }
    return 0;
}
