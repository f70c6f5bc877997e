// What Vonage's media socket may say, in any bytes. What is read has its shape, and what is written from it reads back.
#include "elements/vonage/vonage_protocol.h"
#include "tests/fuzz/properties.h"

using namespace trunkline;
using namespace trunkline::fuzz;
using namespace trunkline::vonage;

namespace {

void message(std::string_view text) {
    const auto message = parse(text);
    if (!message) return must_explain(message.error());
    must((message->kind == EventKind::kDtmf) == (message->digit != 0), "only a key press brings a digit");
    must(message->kind == EventKind::kNotify || message->mark.empty(), "only a notify brings a mark");
    must(is_utf8(message->mark), "texts are UTF-8");
    std::string out;
    write_notify(message->mark, out);
    must_be_json(out);
    const auto json = Json::parse(out);
    must(json && (*json)["payload"]["id"].text_or("") == message->mark, "a mark reads back");
}

void connected(std::string_view text) {
    const auto connected = parse_connected(text);
    if (!connected) {
        must(connected.error().code == "bad-connected", "a bad first message is refused as one");
        return must_explain(connected.error());
    }
    must(connected->rate == rate_of(connected->content_type), "the rate is the content-type's");
    must(connected->rate == 8'000 || connected->rate == 16'000 || connected->rate == 24'000, "a rate that is spoken");
    must(connected->leg.size() <= 64 && connected->leg.find_first_of("\"\\\r\n<>/") == std::string::npos,
         "an identifier can be written as it is");
    must(connected->headers.size() <= 64, "headers are bounded");
    for (const auto& [name, value] : connected->headers) {
        must(name != "event" && name != "content-type" && name != kLegHeader, "reserved names are no headers");
        must(is_utf8(name) && is_utf8(value), "texts are UTF-8");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text = text_of({data, size});
    message(text);
    connected(text);
    return 0;
}
