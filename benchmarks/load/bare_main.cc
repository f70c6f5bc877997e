// trunkline-bare: the bare bridge as a process, with the same webhook → TwiML → media socket path as the engine.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "benchmarks/load/bare_bridge.h"

int main(int argc, char** argv) {
    using namespace trunkline;
    using namespace trunkline::load;
    uint16_t port = 8080;
    std::string host = "127.0.0.1";
    std::string backend = "ws://127.0.0.1:9000/v1/agent/converse";
    CLI::App app("The least that joins a carrier's media socket to an agent socket: the limit to compare engines with");
    app.add_option("--port", port, "Port of the webhook (POST /twilio/voice) and of the media sockets");
    app.add_option("--host", host, "IPv4 address to listen on");
    app.add_option("--backend", backend, "URL of the agent, plain ws")->envname("DEEPGRAM_URL");
    CLI11_PARSE(app, argc, argv);

    const auto give_up = [](const Error& error) {
        std::fprintf(stderr, "trunkline-bare: %s\n", error.message.c_str());
        return 1;
    };
    const auto at = ipv4_address(host, port);
    if (!at) return give_up(at.error());
    const auto url = parse_url(backend);
    if (!url) return give_up(url.error());
    const auto agent = ipv4_address(url->host, url->port);
    if (!agent) return give_up(agent.error());
    auto listener = listen_on(*at);
    if (!listener) return give_up(listener.error());

    raise_file_limit();
    Reactor reactor;
    const BareBridge bridge(reactor, std::move(*listener), {*url, *agent});
    reactor.run_until(INT64_MAX, [] { return false; });
}
