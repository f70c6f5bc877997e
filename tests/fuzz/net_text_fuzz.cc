// URLs and forms.
#include <cstdint>
#include <cstdlib>

#include "engine/net/http_server.h"
#include "engine/net/upgrade_request.h"
#include "engine/net/url.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    size_t total = 0;
    for (const auto& [name, value] : trunkline::HttpRequest::parse_form(text)) total += name.size() + value.size();
    if (total > size) std::abort();
    auto url = trunkline::parse_url(text);
    if (!url) return 0;
    auto request = trunkline::upgrade_request(*url, {}, "k");
    if (!request || request->find("\r\n\r\n") != request->size() - 4) std::abort();  // a header was injected
    return 0;
}
