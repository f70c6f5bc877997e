// `trunkline-lab vonage`: what the command line means for a simulated call of Vonage.
#include <cstdio>
#include <fstream>
#include <sstream>

#include "lab/carrier/url.h"
#include "lab/cli_calls.h"
#include "lab/vonage/call.h"
#include "lab/vonage/lab.h"

namespace trunkline::lab {
namespace {

int wrong_use(const std::string& message) {
    std::fprintf(stderr, "trunkline-lab vonage: %s\n", message.c_str());
    return 2;
}

Result<vonage::RestOptions> rest_options(const VonageCommand& command) {
    vonage::RestOptions rest;
    auto address = split_host_port(command.rest);
    if (!address) return tl::unexpected<Error>(address.error());
    rest.host = address->host;
    rest.port = address->port;
    rest.application_id = command.call.application_id;
    rest.call = command.call;
    if (command.public_key.empty()) return rest;
    std::ifstream file(command.public_key);
    std::ostringstream text;
    text << file.rdbuf();
    rest.public_key = text.str();
    if (rest.public_key.empty())
        return fail("no-key", "'" + command.public_key + "' cannot be read; a PEM public key is wanted");
    return rest;
}

/// Where the server is decides where sockets are dialed: nothing of a call on this machine leaves it.
Status settle_addresses(VonageCommand& command) {
    auto& call = command.call;
    if (!call.answer_url.empty()) {
        auto answer = split_url(call.answer_url);
        if (!answer) return tl::unexpected<Error>(answer.error());
        if (call.dial.empty() && answer->scheme == "http" && is_loopback_host(answer->host))
            call.dial = answer->host + ":" + std::to_string(answer->port);
    }
    if (call.dial.empty()) return {};
    auto address = split_host_port(call.dial);
    return address ? Status() : tl::unexpected<Error>(address.error());
}

/// Serves REST; every call that is made there is prepared by `prepare`.
Result<std::string> open_rest(vonage::VonageLab& lab, const VonageCommand& command,
                              const std::function<void(CarrierDriver&)>& prepare) {
    auto rest = rest_options(command);
    if (!rest) return tl::unexpected<Error>(rest.error());
    if (prepare) rest->prepare = [prepare](vonage::VonageDriver& driver) { prepare(driver); };
    auto listening = lab.serve_rest(std::move(*rest));
    if (!listening) return listening;
    std::fprintf(command.json ? stderr : stdout, "REST: %s/v1/calls\n", listening->c_str());
    std::fflush(stdout);
    return listening;
}

}  // namespace

int run_vonage(VonageCommand command) {
    block_interrupts();
    std::shared_ptr<Script> script;
    if (!command.scenario.empty()) {
        auto loaded = load_script(command);
        if (!loaded) return complain_of_script("vonage", loaded.error());
        if (command.check_only) return 0;
        script = *loaded;
        if (!script->scenario.from.empty()) command.call.from = script->scenario.from;
        if (!script->scenario.to.empty()) command.call.to = script->scenario.to;
    }
    if (command.check_only) return wrong_use("--check needs --scenario");
    for (const auto& fault : command.faults) {
        if (auto set = set_vonage_fault(command.call, fault); !set) return wrong_use(set.error().message);
    }
    if (command.call.answer_url.empty() && command.rest.empty())
        return wrong_use("--answer-url is needed, e.g. --answer-url http://127.0.0.1:8080/vonage/answer");
    if (auto settled = settle_addresses(command); !settled) return wrong_use(settled.error().message);

    vonage::VonageLab lab(command.threads);
    if (command.call.answer_url.empty()) {
        return await_calls(command, std::move(script), [&](bool keep_audio, const auto& prepare) -> Result<Door> {
            command.call.media.keep_audio = keep_audio;
            auto listening = open_rest(lab, command, prepare);
            if (!listening) return tl::unexpected<Error>(listening.error());
            return Door{[&lab](int number) { return lab.outgoing(static_cast<size_t>(number) - 1); },
                        [&lab] { lab.stop_rest(); }};
        });
    }
    if (!command.rest.empty()) {
        if (auto listening = open_rest(lab, command, nullptr); !listening) return wrong_use(listening.error().message);
    }
    return play_calls(command, std::move(script), [&](int number, bool keep_audio, const auto& prepare) {
        auto options = command.call;
        options.media.seed += static_cast<uint64_t>(number);
        options.media.keep_audio = keep_audio;
        return lab.call(std::move(options), [prepare](vonage::VonageDriver& driver) { prepare(driver); });
    });
}

}  // namespace trunkline::lab
