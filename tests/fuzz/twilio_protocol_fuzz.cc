// What a media socket may say, in any bytes. Beyond not crashing: what parse_start() lets through as identifiers can be
// written back as it is, and what is written is JSON again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "elements/twilio/twilio_protocol.h"
#include "engine/core/json.h"

using namespace trunkline;
using namespace trunkline::twilio;

namespace {

void must_be_json(const std::string& text) {
    if (!Json::parse(text, {.max_bytes = 64U << 20, .max_depth = 64})) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    std::string out;
    if (const auto message = parse(text)) {
        if (message->kind == EventKind::kDtmf && message->text.size() != 1) std::abort();
        if (message->kind == EventKind::kMedia && !message->audio.empty()) {
            write_media("MZ1", message->audio, out);
            must_be_json(out);
        }
        if (message->kind == EventKind::kMark) {
            out.clear();
            write_mark("MZ1", message->text, out);
            must_be_json(out);
        }
    }
    if (const auto start = parse_start(text)) {
        out.clear();
        write_clear(start->stream_sid, out);
        must_be_json(out);
    }
    return 0;
}
