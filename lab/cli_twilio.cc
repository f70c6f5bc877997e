// `trunkline-lab twilio`: what the command line means for a simulated call of Twilio.
#include "lab/carrier/url.h"
#include "lab/cli_calls.h"
#include "lab/twilio/call_driver.h"
#include "lab/twilio/lab.h"

namespace trunkline::lab {
namespace {

constexpr char kName[] = "twilio";

void set_signature(const std::string& name, SignatureMode& mode) {
    if (name == "correct") mode = SignatureMode::kCorrect;
    if (name == "wrong") mode = SignatureMode::kWrong;
    if (name == "missing") mode = SignatureMode::kMissing;
    if (name == "with-port") mode = SignatureMode::kWithPort;
    if (name == "https-scheme") mode = SignatureMode::kHttpsScheme;
}

}  // namespace

int run_twilio(TwilioCommand command) {
    block_interrupts();
    auto& call = command.call;
    std::shared_ptr<Script> script;
    if (auto over = read_script(kName, command, call.from, call.to, script)) return *over;
    for (const auto& fault : command.faults) {
        if (auto set = set_media_fault(call, fault); !set) return wrong_use(kName, set.error().message);
    }
    set_signature(command.signature, call.stream_signature);
    set_signature(command.webhook_signature, call.webhook_signature);
    if (call.webhook_url.empty())
        return wrong_use(kName, "--webhook is needed, e.g. --webhook http://127.0.0.1:8080/twilio/voice");
    if (auto settled = settle_dial(call.webhook_url, call.dial); !settled)
        return wrong_use(kName, settled.error().message);
    // A server on this machine that knows no other address of itself names ws:// and means it.
    const auto webhook = split_url(call.webhook_url);
    if (webhook->scheme == "http" && is_loopback_host(webhook->host) && call.public_url.empty())
        call.allow_plain = true;
    TwilioLab lab(command.threads);
    return play_calls(command, std::move(script), [&](int number, bool keep_audio, auto prepare) {
        auto options = call;
        options.seed += static_cast<uint64_t>(number);
        options.keep_audio = keep_audio;
        return lab.call(std::move(options), [prepare](CallDriver& driver) { prepare(driver); });
    });
}

}  // namespace trunkline::lab
