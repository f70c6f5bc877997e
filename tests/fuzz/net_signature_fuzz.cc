// Signatures: URL, form and signature separated by line feeds, as a stranger could send them.
#include "engine/net/http_server.h"
#include "engine/net/signature.h"
#include "tests/fuzz/properties.h"

using namespace trunkline;
using namespace trunkline::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view text = text_of({data, size});
    const std::string_view url = take_line(text), form = take_line(text);
    FormPairs params = HttpRequest::parse_form(form);
    must(!twilio_verify("a token nobody knows", url, params, text), "nobody's signature is Twilio's");
    must(!twilio_verify_body("a token nobody knows", url, form, text), "nobody's signature is Twilio's");
    must(!twilio_verify("", url, params, twilio_signature("", url, params)), "an empty token verifies nothing");

    const std::string signature = twilio_signature("token", url, params);
    must(twilio_verify("token", url, params, signature), "what we sign we verify");
    std::reverse(params.begin(), params.end());
    must(twilio_verify("token", url, params, signature), "the order of the form is of no matter");
    params.emplace_back("x", std::string(size + 1, 'y'));  // longer than any that is there
    must(!twilio_verify("token", url, params, signature), "one more field is another request");

    const std::string webhook = webhook_signature(form, url, 1, text);
    must(webhook.starts_with("v1,") && webhook.size() == 3 + 44, "a webhook signature has its shape");
    must(webhook != webhook_signature(form, url, 2, text), "the time is signed");
    return 0;
}
