// URLs, forms, percent encoding and paths, as strangers and settings files write them.
#include "engine/net/http_routes.h"
#include "engine/net/upgrade_request.h"
#include "engine/net/url.h"
#include "tests/fuzz/properties.h"

using namespace trunkline;
using namespace trunkline::fuzz;

namespace {

std::string encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        char escape[4];
        std::snprintf(escape, sizeof escape, "%%%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
        out += escape;
    }
    return out;
}

void form(std::string_view text) {
    const auto pairs = HttpRequest::parse_form(text);
    size_t total = 0;
    std::string again;
    for (const auto& [name, value] : pairs) {
        total += name.size() + value.size();
        again += encoded(name) + "=" + encoded(value) + "&";
    }
    must(total <= text.size(), "decoding never grows");
    must(HttpRequest::parse_form(again) == pairs, "what was read and encoded reads back");
    must(percent_decode(encoded(text), false) == text, "percent encoding is undone");
}

void path(std::string_view text) {
    static const RouteTable table = [] {
        RouteTable made;
        for (const char* pattern : {"/api/v1/calls", "/api/v1/calls/*", "/api/v1/calls/*/log", "/*/*/x"})
            made.add("GET", pattern, [](Shard*, const HttpRequest&, const HttpReply&) {});
        made.add_upgrade("/twilio/media/*", [](Shard*, const HttpRequest&, auto*) { return std::nullopt; });
        return made;
    }();
    for (const auto& found : {table.find("GET", text), table.find_upgrade(text)}) {
        must((found.handler || found.upgrade) == !found.allow.empty(), "a path that is known says what it takes");
        for (const std::string& capture : found.captures)
            must(!capture.empty() && capture.size() < text.size(), "a capture is a part of the path");
    }
}

void url(std::string_view text) {
    const auto url = parse_url(text);
    if (!url) {
        must(url.error().code == "bad-url", "a bad URL is refused as one");
        return must_explain(url.error());
    }
    must(!url->host.empty() && url->port != 0 && url->target.starts_with('/'), "a URL is complete");
    const auto request = upgrade_request(*url, {}, "k");
    must(request && request->find("\r\n\r\n") == request->size() - 4, "a URL cannot inject a header");
    const auto again = parse_url(url->scheme + "://" + url->host_header() + url->target);
    must(again && again->host == url->host && again->port == url->port && again->target == url->target,
         "a URL that is put together again is the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text = text_of({data, size});
    form(text);
    path(text);
    url(text);
    return 0;
}
