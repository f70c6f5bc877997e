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

constexpr char kName[] = "vonage";

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
    auto& call = command.call;
    std::shared_ptr<Script> script;
    if (auto over = read_script(kName, command, call.from, call.to, script)) return *over;
    for (const auto& fault : command.faults) {
        if (auto set = set_vonage_fault(call, fault); !set) return wrong_use(kName, set.error().message);
    }
    if (call.answer_url.empty() && command.rest.empty())
        return wrong_use(kName, "--answer-url is needed, e.g. --answer-url http://127.0.0.1:8080/vonage/answer");
    if (auto settled = settle_dial(call.answer_url, call.dial); !settled)
        return wrong_use(kName, settled.error().message);

    vonage::VonageLab lab(command.threads);
    if (call.answer_url.empty()) {
        return await_calls(command, std::move(script), [&](bool keep_audio, const auto& prepare) -> Result<Door> {
            call.media.keep_audio = keep_audio;
            auto listening = open_rest(lab, command, prepare);
            if (!listening) return tl::unexpected<Error>(listening.error());
            return Door{[&lab](int number) { return lab.outgoing(static_cast<size_t>(number) - 1); },
                        [&lab] { lab.stop_rest(); }};
        });
    }
    if (!command.rest.empty()) {
        if (auto listening = open_rest(lab, command, nullptr); !listening)
            return wrong_use(kName, listening.error().message);
    }
    return play_calls(command, std::move(script), [&](int number, bool keep_audio, const auto& prepare) {
        auto options = call;
        options.media.seed += static_cast<uint64_t>(number);
        options.media.keep_audio = keep_audio;
        return lab.call(std::move(options), [prepare](vonage::VonageDriver& driver) { prepare(driver); });
    });
}

}  // namespace trunkline::lab
