// What reaches the engine before a call exists. First byte: 'T' a media ticket, 'C' a settings file, else a webhook's
// form. Beyond not crashing: nobody's ticket is ours, and whatever a form holds, the TwiML made from it is XML.
#include <glib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/call/ticket.h"
#include "engine/carriers/twilio.h"
#include "engine/config/config.h"

using namespace trunkline;

namespace {

void must_be_xml(const std::string& text) {
    const GMarkupParser parser{};
    GMarkupParseContext* context = g_markup_parse_context_new(&parser, G_MARKUP_DEFAULT_FLAGS, nullptr, nullptr);
    if (!g_markup_parse_context_parse(context, text.data(), static_cast<gssize>(text.size()), nullptr) ||
        !g_markup_parse_context_end_parse(context, nullptr)) {
        std::abort();
    }
    g_markup_parse_context_free(context);
}

void ticket(std::string_view text) {
    static const TicketMint mint("a key that the corpus does not hold");
    if (mint.check(text, 0)) std::abort();
}

void settings(std::string_view text) {
    const int file = memfd_create("settings", MFD_CLOEXEC);
    if (file < 0) std::abort();
    if (write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size())) std::abort();
    const auto config = load_config("/proc/self/fd/" + std::to_string(file),
                                    [](const std::string&) -> std::optional<std::string> { return std::nullopt; });
    if (config) (void)check_config(*config);
    if (!config && config.error().message.empty()) std::abort();
    close(file);
}

void form(std::string_view text) {
    const auto fields = HttpRequest::parse_form(text);
    if (const auto call = twilio::parse_voice(fields); call && call->carrier_call_id.size() != 34) std::abort();
    if (const auto status = twilio::parse_status(fields); status && status->status.empty()) std::abort();
    const twilio::Settings twilio{"12345", "https://voice.example.com"};
    must_be_xml(twilio::stream_twiml(twilio, "/twilio/media/ticket", fields));
    HttpRequest request;
    request.method = "POST";
    request.body = text;
    request.headers = {{"x-twilio-signature", "AAAA"}};
    if (!twilio::check_signature(twilio, request, false)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (text.starts_with('T')) {
        ticket(text.substr(1));
    } else if (text.starts_with('C')) {
        settings(text.substr(1));
    } else {
        form(text);
    }
    return 0;
}
