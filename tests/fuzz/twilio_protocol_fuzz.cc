// What a media socket may say, in any bytes. What is read has its shape, and what is written from it reads back.
#include "elements/twilio/twilio_protocol.h"
#include "engine/core/base64.h"
#include "tests/fuzz/properties.h"

using namespace trunkline;
using namespace trunkline::fuzz;
using namespace trunkline::twilio;

namespace {

void send_back(const Message& message) {
    const std::string name(message.text);
    const std::vector<uint8_t> audio(message.audio.begin(), message.audio.end());
    std::string out;
    if (message.kind == EventKind::kMedia && !audio.empty()) {
        write_media("MZ1", audio, out);
        must_be_json(out);
        const auto again = parse(out);
        must(again && again->kind == EventKind::kMedia &&
                 std::equal(audio.begin(), audio.end(), again->audio.begin(), again->audio.end()),
             "audio reads back");
    } else if (message.kind == EventKind::kMark) {
        write_mark("MZ1", name, out);
        must_be_json(out);
        const auto again = parse(out);
        must(again && again->kind == EventKind::kMark && again->text == name, "a mark reads back");
    }
}

void message(std::string_view text) {
    const auto message = parse(text);
    if (!message) return must_explain(message.error());
    must(message->kind != EventKind::kDtmf || message->text.size() == 1, "a digit is one");
    must(message->kind == EventKind::kMedia || message->audio.empty(), "only media brings audio");
    must(message->audio.size() <= text.size(), "audio is not longer than its message");
    must(is_utf8(message->event) && is_utf8(message->text) && is_utf8(message->stream_sid), "texts are UTF-8");
    send_back(*message);
}

void start(std::string_view text) {
    const auto start = parse_start(text);
    if (!start) {
        must(start.error().code == "bad-start", "a bad start is refused as one");
        return must_explain(start.error());
    }
    must(start->rate == 8000 && start->channels == 1, "only the format that is played is taken");
    for (const std::string& sid : {start->stream_sid, start->call_sid})
        must(!sid.empty() && sid.size() <= 64 && sid.find_first_of("\"\\\r\n<>/") == std::string::npos,
             "an identifier can be written as it is");
    std::string out;
    write_clear(start->stream_sid, out);
    must_be_json(out);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text = text_of({data, size});
    message(text);
    start(text);
    return 0;
}
