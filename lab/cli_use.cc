// What the commands that ring make of their command lines before anybody is rung.
#include <signal.h>

#include <cstdio>

#include "lab/carrier/url.h"
#include "lab/cli_calls.h"

namespace trunkline::lab {
namespace {

/// Codes: bad-scenario (all problems, one a line), those of SpeechLibrary.
Result<std::shared_ptr<Script>> load_script_of(const CallsCommand& command) {
    auto scenario = read_scenario(command.scenario);
    if (!scenario) {
        std::string all;
        for (const auto& problem : scenario.error())
            all += (all.empty() ? "" : "\n") + format_problem(command.scenario, problem);
        return fail("bad-scenario", all);
    }
    auto script = std::make_shared<Script>();
    script->scenario = *scenario;
    if (command.check_only) return script;
    auto library = SpeechLibrary::open(command.speech);
    if (!library) return tl::unexpected<Error>(library.error());
    return load_script(std::move(*scenario), **library);
}

}  // namespace

int wrong_use(const char* command, const std::string& message) {
    std::fprintf(stderr, "trunkline-lab %s: %s\n", command, message.c_str());
    return 2;
}

std::optional<int> read_script(const char* name, const CallsCommand& command, std::string& from, std::string& to,
                               std::shared_ptr<Script>& script) {
    if (command.scenario.empty() && command.check_only) return wrong_use(name, "--check needs --scenario");
    if (command.scenario.empty()) return std::nullopt;
    auto loaded = load_script_of(command);
    if (!loaded && loaded.error().code != "bad-scenario") return wrong_use(name, loaded.error().message);
    if (!loaded) {
        std::fprintf(stderr, "%s\n", loaded.error().message.c_str());
        return 2;
    }
    if (command.check_only) return 0;
    script = *loaded;
    if (!script->scenario.from.empty()) from = script->scenario.from;
    if (!script->scenario.to.empty()) to = script->scenario.to;
    return std::nullopt;
}

Status settle_dial(const std::string& webhook_url, std::string& dial) {
    if (!webhook_url.empty()) {
        auto webhook = split_url(webhook_url);
        if (!webhook) return tl::unexpected<Error>(webhook.error());
        if (dial.empty() && webhook->scheme == "http" && is_loopback_host(webhook->host))
            dial = webhook->host + ":" + std::to_string(webhook->port);
    }
    if (dial.empty()) return {};
    auto address = split_host_port(dial);
    return address ? Status() : tl::unexpected<Error>(address.error());
}

sigset_t interrupts() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    return signals;
}

void block_interrupts() {
    const sigset_t signals = interrupts();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace trunkline::lab
