// Twilio's signature: URL, form and signature separated by line feeds, as a stranger could send them.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "engine/net/http_server.h"
#include "engine/net/signature.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    std::string_view url = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), url.size() + 1));
    std::string_view form = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), form.size() + 1));
    auto params = trunkline::HttpRequest::parse_form(form);
    if (trunkline::twilio_verify("a token nobody knows", url, params, text)) std::abort();
    if (trunkline::twilio_verify_body("a token nobody knows", url, form, text)) std::abort();
    // Whatever the URL looks like, what we sign we verify.
    if (!trunkline::twilio_verify("token", url, params, trunkline::twilio_signature("token", url, params)))
        std::abort();
    return 0;
}
