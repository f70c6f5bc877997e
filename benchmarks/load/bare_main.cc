// trunkline-bare: the bare bridge as a process, with the same webhook → TwiML → media socket path as the engine.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>

#include "benchmarks/load/bare_bridge.h"

int main(int argc, char** argv) {
    using namespace trunkline;
    using namespace trunkline::load;
    uint16_t port = 8080;
    std::string host = "127.0.0.1";
    std::string backend = "ws://127.0.0.1:9000/v1/agent/converse";
    std::string ca_file, certificate, key;
    CLI::App app("The least that joins a carrier's media socket to an agent socket: the limit to compare engines with");
    app.add_option("--port", port, "Port of the webhook (POST /twilio/voice) and of the media sockets");
    app.add_option("--host", host, "IPv4 address to listen on");
    app.add_option("--backend", backend, "URL of the agent, ws or wss")->envname("DEEPGRAM_URL");
    app.add_option("--ca-file", ca_file, "Authority of a wss agent's certificate (PEM)")->envname("TRUNKLINE_CA_FILE");
    app.add_option("--tls-certificate", certificate, "Own certificate: callers come by https and wss")
        ->envname("TRUNKLINE_TLS_CERTIFICATE");
    app.add_option("--tls-key", key, "Its key")->envname("TRUNKLINE_TLS_KEY");
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
    std::optional<TlsContext> to_agent, to_callers;
    if (url->scheme == "wss") {
        auto made = TlsContext::client(ca_file);
        if (!made) return give_up(made.error());
        to_agent.emplace(std::move(*made));
    }
    if (!certificate.empty()) {
        auto made = TlsContext::server(certificate, key);
        if (!made) return give_up(made.error());
        to_callers.emplace(std::move(*made));
    }
    auto listener = listen_on(*at);
    if (!listener) return give_up(listener.error());

    raise_file_limit();
    Reactor reactor;
    const BareBridge bridge(reactor, std::move(*listener), to_callers ? &*to_callers : nullptr,
                            {*url, *agent, to_agent ? &*to_agent : nullptr});
    reactor.run_until(INT64_MAX, [] { return false; });
}
