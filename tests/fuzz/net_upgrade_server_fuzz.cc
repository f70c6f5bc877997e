// What a stranger may send as an upgrade request: the first line is the method, the others are headers. Then the same
// headers in a request of ours: our server takes what our client writes, and nobody's header breaks out of its line.
#include "engine/core/base64.h"
#include "engine/net/http_upgrade.h"
#include "engine/net/upgrade_request.h"
#include "tests/fuzz/properties.h"

using namespace trunkline;
using namespace trunkline::fuzz;

namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

HttpRequest request_of(std::string_view text, std::string_view line_end) {
    HttpRequest request;
    request.method = std::string(text.substr(0, text.find_first_of(" \r\n")));
    text.remove_prefix(std::min(text.size(), text.find('\n')));
    while (text.size() > 1) {
        text.remove_prefix(1);
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(line.size());
        if (line.ends_with(line_end)) line.remove_suffix(line_end.size());
        const size_t colon = line.find(": ");
        if (colon != std::string_view::npos)
            request.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    }
    return request;
}

void check(const HttpRequest& request) {
    for (const bool http11 : {true, false}) {
        const auto refusal = check_websocket_request(request, http11);
        if (!refusal) {
            must(http11 && request.method == "GET", "only GET of HTTP/1.1 is upgraded");
            const auto key = base64_decode(request.header("sec-websocket-key").value_or(""));
            must(key && key->size() == 16, "what is accepted has a key");
            continue;
        }
        must(refusal->status == 400 || refusal->status == 405 || refusal->status == 426, "a refusal has its status");
        must_be_json(refusal->body);
    }
}

void dial(const Headers& headers) {
    const auto url = parse_url("wss://agent.example.com/v1?x=1");
    const std::string key = new_websocket_key();
    const auto text = upgrade_request(*url, headers, key);
    if (!text) return must_explain(text.error());
    const HttpRequest ours = request_of(*text, "\r");
    must(ours.headers.size() == 5 + headers.size(), "a header stays in its line");
    must(wants_websocket(ours) && !check_websocket_request(ours, true), "our server takes what our client writes");
    must(ours.header("sec-websocket-key") == key, "the key is ours");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const HttpRequest request = request_of(text_of({data, size}), "");
    (void)wants_websocket(request);
    check(request);
    dial(request.headers);
    return 0;
}
