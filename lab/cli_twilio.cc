// `trunkline-lab twilio`: what the command line means for a simulated call of Twilio.
#include <cstdio>

#include "lab/carrier/url.h"
#include "lab/cli_calls.h"
#include "lab/twilio/call_driver.h"
#include "lab/twilio/lab.h"

namespace trunkline::lab {
namespace {

int wrong_use(const std::string& message) {
    std::fprintf(stderr, "trunkline-lab twilio: %s\n", message.c_str());
    return 2;
}

bool set_signature(const std::string& name, SignatureMode& mode) {
    if (name == "correct") mode = SignatureMode::kCorrect;
    if (name == "wrong") mode = SignatureMode::kWrong;
    if (name == "missing") mode = SignatureMode::kMissing;
    if (name == "with-port") mode = SignatureMode::kWithPort;
    if (name == "https-scheme") mode = SignatureMode::kHttpsScheme;
    return true;
}

}  // namespace

int run_twilio(TwilioCommand command) {
    block_interrupts();
    std::shared_ptr<Script> script;
    if (!command.scenario.empty()) {
        auto loaded = load_script(command);
        if (!loaded) return complain_of_script("twilio", loaded.error());
        if (command.check_only) return 0;
        script = *loaded;
        if (!script->scenario.from.empty()) command.call.from = script->scenario.from;
        if (!script->scenario.to.empty()) command.call.to = script->scenario.to;
    }
    if (command.check_only) return wrong_use("--check needs --scenario");
    for (const auto& fault : command.faults) {
        if (auto set = set_media_fault(command.call, fault); !set) return wrong_use(set.error().message);
    }
    set_signature(command.signature, command.call.stream_signature);
    set_signature(command.webhook_signature, command.call.webhook_signature);
    auto webhook = split_url(command.call.webhook_url);
    if (command.call.webhook_url.empty())
        return wrong_use("--webhook is needed, e.g. --webhook http://127.0.0.1:8080/twilio/voice");
    if (!webhook) return wrong_use(webhook.error().message);
    if (command.call.dial.empty() && webhook->scheme == "http" && is_loopback_host(webhook->host))
        command.call.dial = webhook->host + ":" + std::to_string(webhook->port);
    // A server on this machine that knows no other address of itself names ws:// and means it.
    if (webhook->scheme == "http" && is_loopback_host(webhook->host) && command.call.public_url.empty())
        command.call.allow_plain = true;
    if (!command.call.dial.empty()) {
        if (auto address = split_host_port(command.call.dial); !address) return wrong_use(address.error().message);
    }
    TwilioLab lab(command.threads);
    return play_calls(command, std::move(script), [&](int number, bool keep_audio, auto prepare) {
        auto options = command.call;
        options.seed += static_cast<uint64_t>(number);
        options.keep_audio = keep_audio;
        return lab.call(std::move(options), [prepare](CallDriver& driver) { prepare(driver); });
    });
}

}  // namespace trunkline::lab
