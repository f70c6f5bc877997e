// trunkline: the command line. Everything behind it is in engine/server.h (serve) and engine/cli/ (lint, plan, …); this
// is the only engine file that names elements.
#include <gst/gst.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>

#include "elements/register.h"
#include "elements/twilio/twilio_session.h"
#include "elements/vonage/vonage_session.h"
#include "engine/cli/graph_commands.h"
#include "engine/config/config.h"
#include "engine/core/log.h"
#include "engine/core/patient_output.h"
#include "engine/follow.h"
#include "engine/server.h"

namespace trunkline {
namespace {

constexpr const char* kExamples = R"(Examples:
  trunkline serve                                  answer calls with the graphs in ./graphs, settings from .env
  trunkline serve --graph support --follow         … one graph for every number, and watch the calls
  trunkline lint graphs/                           check graph files
  trunkline plan twilio-deepgram --svg > plan.svg  see nodes, caps, inserted converters and their delay
)";

bool terminal(int fd) { return isatty(fd) != 0 && std::getenv("NO_COLOR") == nullptr; }

struct ServeFlags {
    std::string config, env_file = ".env", host, graph, database, url, log, log_format;
    std::vector<std::string> graphs;
    int port = -1, shards = -1, drain_ms = -1;
    bool insecure = false, follow = false;
};

void add_serve(CLI::App& app, ServeFlags& f) {
    auto* serve = app.add_subcommand("serve",
                                     "Answer calls until SIGTERM or Ctrl-C; SIGHUP reads the graphs and the TLS "
                                     "certificate again");
    serve->add_option("--config", f.config, "Settings file (default: trunkline.yaml when it is there)");
    serve->add_option("--env-file", f.env_file, "Environment file")->check(CLI::ExistingFile)->capture_default_str();
    serve->add_option("--host", f.host, "Address to listen on (default 127.0.0.1)");
    serve->add_option("--port", f.port, "Port to listen on, 0 = any free one (default 8080)")
        ->check(CLI::Range(0, 65535));
    serve->add_option("--url", f.url, "Public address as the carriers see it, https://… (SERVER_URL)");
    serve->add_option("--graphs", f.graphs, "Graph files or folders (default ./graphs)");
    serve->add_option("--graph", f.graph, "Graph of calls whose webhook names none");
    serve->add_option("--database", f.database,
                      "SQLite file or sqlite:///file (DATABASE_URL, default var/trunkline.db)");
    serve->add_option("--shards", f.shards, "Event loops, 0 = one per core")->check(CLI::Range(0, 256));
    serve->add_option("--drain-ms", f.drain_ms, "How long SIGTERM lets calls finish by themselves (default 10000)")
        ->check(CLI::Range(0, 3'600'000));
    serve->add_option("--log", f.log, "trace, debug, info, warn, error, off");
    serve->add_option("--log-format", f.log_format, "text or json")->check(CLI::IsMember({"text", "json"}));
    serve->add_flag("--insecure", f.insecure, "Accept webhooks and sockets without the carriers' signatures");
    serve->add_flag("--follow", f.follow, "Print what happens in the calls, line by line");
}

Result<Config> settings_of(const ServeFlags& f, const graph::Lookup& env) {
    auto config = load_config(f.config, env);
    if (!config) return config;
    const auto text = [](const std::string& from, std::string& to) {
        if (!from.empty()) to = from;
    };
    text(f.host, config->host);
    text(f.graph, config->default_graph);
    if (!f.database.empty() && !set_setting(&*config, "database", f.database))
        return fail("bad-flag", "--database takes a file or sqlite:///file: no other database is known here");
    if (!f.url.empty() && !set_setting(&*config, "server_url", f.url))
        return fail("bad-flag", "--url takes the address with its scheme, https://voice.example.com");
    if (f.port >= 0) config->port = static_cast<uint16_t>(f.port);
    if (f.shards >= 0) config->shards = static_cast<size_t>(f.shards);
    if (f.drain_ms >= 0) config->drain_ms = f.drain_ms;
    if (!f.graphs.empty()) config->graphs = f.graphs;
    if (f.insecure) config->insecure = true;
    bool ok = true;
    if (!f.log.empty()) config->log.level = parse_log_level(f.log, &ok);
    if (!ok) return fail("bad-flag", "--log takes trace, debug, info, warn, error or off, not '" + f.log + "'");
    if (!f.log_format.empty()) config->log.json = f.log_format == "json";
    config->log.color = terminal(2);
    if (auto safe = check_config(*config); !safe) return tl::unexpected(safe.error());
    return config;
}

/// A call needs two descriptors; Debian's soft limit of 1024 is below what one machine carries.
void raise_fd_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int wait_for_signals(Server& server, const sigset_t& signals) {
    while (true) {
        int signal = 0;
        sigwait(&signals, &signal);
        if (signal != SIGHUP) return signal;
        const auto report = server.reload();
        PatientOutput(STDERR_FILENO).write(graph::format_text(report.diagnostics, terminal(2)));
        log_info("graph", "graphs read again",
                 {{"loaded", report.loaded.size()},
                  {"unchanged", report.same.size()},
                  {"kept_old", report.kept.size()},
                  {"refused", report.refused.size()}});
        if (const auto read = server.reload_certificate(); !read)
            log_error("net", "the old TLS certificate stays: " + read.error().message, {{"code", read.error().code}});
    }
}

int fail_with(const Error& error) {
    log_stop();
    std::fprintf(stderr, "trunkline: %s\n", error.message.c_str());
    return 1;
}

int serve(const ServeFlags& flags) {
    graph::LoadOptions load;
    const auto process = [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value ? std::optional<std::string>(value) : std::nullopt;
    };
    load.env = graph::with_env_file(flags.env_file, process);
    auto config = settings_of(flags, load.env);
    if (!config) return fail_with(config.error());
    load.search = config->graphs;

    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before any thread is made: they inherit it
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);  // a file that must not grow is a disk that is full: an error, not the end
    raise_fd_limit();
    log_start(config->log);

    ServerOptions options;
    options.config = *config;
    options.load = load;
    options.carriers["twilio"] = [](Shard* shard, std::unique_ptr<WebSocket> socket, MediaSession::Listener* listener) {
        return std::make_unique<twilio::TwilioSession>(shard, std::move(socket), listener);
    };
    options.carriers["vonage"] = [](Shard* shard, std::unique_ptr<WebSocket> socket, MediaSession::Listener* listener) {
        return std::make_unique<vonage::VonageSession>(shard, std::move(socket), listener);
    };
    if (flags.follow) {
        const auto out = std::make_shared<PatientOutput>(STDOUT_FILENO);
        options.follow = [out, color = terminal(1)](const Fact& fact) {
            const std::string line = describe_fact(fact, color);
            if (!line.empty()) out->write(line + "\n");
        };
    }
    auto server = Server::start(std::move(options));
    if (!server) return fail_with(server.error());
    log_info("server", "ready",
             {{"address", (config->tls_key.empty() ? "http://" : "https://") + config->host + ":" +
                              std::to_string((*server)->port())},
              {"public", config->public_url},
              {"database", config->database},
              {"signatures", config->insecure ? "off" : "on"}});
    wait_for_signals(**server, signals);
    log_info("server", "stopping: no new calls; again to stop at once");
    const timespec now{};
    sigset_t again = signals;
    sigdelset(&again, SIGHUP);
    (*server)->stop([&] { return sigtimedwait(&again, nullptr, &now) > 0; });
    log_info("server", "stopped");
    log_stop();
    return 0;
}

struct GraphFlags {
    std::vector<std::string> files;
    std::string format = "text", carrier, env_file = ".env", placeholders;
    bool dot = false, svg = false, no_env = false;
};

cli::GraphCommand command_of(const GraphFlags& f) {
    cli::GraphCommand command;
    command.format = f.format;
    command.color = terminal(1);
    const auto process = [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value ? std::optional<std::string>(value) : std::nullopt;
    };
    command.load.env = graph::with_env_file(f.env_file, process);
    command.load.placeholders = f.no_env;
    // A plan is drawn with the rate that a call would have.
    const std::string rate = command.load.env("VONAGE_MEDIA_RATE").value_or("");
    for (const int known : {8'000, 16'000, 24'000}) {
        if (rate == std::to_string(known)) command.compile.rates["vonage"] = known;
    }
    return command;
}

CLI::App* add_graph_command(CLI::App& app, GraphFlags& f, const char* name, const char* help, int count,
                            const std::vector<std::string>& formats) {
    auto* sub = app.add_subcommand(name, help);
    sub->add_option("graph", f.files, "Graph file or name")->required()->expected(count);
    sub->add_option("--format", f.format, "Output format")->check(CLI::IsMember(formats))->capture_default_str();
    sub->add_option("--env-file", f.env_file, "Environment file")->check(CLI::ExistingFile)->capture_default_str();
    sub->add_flag("--no-env", f.no_env, "Take missing $env and $secret values for given: for editors and CI");
    return sub;
}

int run(int argc, char** argv) {
    CLI::App app{"Trunkline: phone calls and voice AI as a pipeline you can read", "trunkline"};
    app.require_subcommand(1);
    app.footer(kExamples);
    app.set_version_flag("--version", "trunkline 0.1.0");
    ServeFlags serve_flags;
    add_serve(app, serve_flags);
    GraphFlags g;
    auto* lint = add_graph_command(app, g, "lint", "Check graph files", -1, {"text", "json", "sarif"});
    auto* plan = add_graph_command(app, g, "plan", "Nodes, negotiated caps, inserted converters, delay, cost, threads",
                                   1, {"text", "json"});
    plan->add_option("--carrier", g.carrier, "Only this carrier's calls");
    plan->add_flag("--dot", g.dot, "Graphviz text");
    plan->add_flag("--svg", g.svg, "A picture (needs the program dot of the package graphviz)");
    auto* resolve = add_graph_command(app, g, "resolve", "The file after imports and substitution, secrets masked", 1,
                                      {"text", "json"});
    auto* schema = add_graph_command(app, g, "schema", "JSON Schema of the graph's params", 1, {"text", "json"});
    auto* diff = add_graph_command(app, g, "diff", "How two graphs differ", 2, {"text", "json"});
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        const int code = app.exit(e);
        return code == 0 ? 0 : 2;
    }
    if (app.got_subcommand("serve")) return serve(serve_flags);
    const cli::GraphCommand command = command_of(g);
    if (*lint) return cli::lint(g.files, command, std::cout);
    if (*plan) {
        cli::PlanCommand p;
        static_cast<cli::GraphCommand&>(p) = command;
        p.graph = g.files[0];
        p.carrier = g.carrier;
        p.dot = g.dot;
        p.svg = g.svg;
        return cli::plan(p, std::cout, std::cerr);
    }
    if (*resolve) return cli::resolve(g.files[0], command, std::cout, std::cerr);
    if (*schema) return cli::schema(g.files[0], command, std::cout, std::cerr);
    if (*diff) return cli::diff(g.files[0], g.files[1], command, std::cout, std::cerr);
    return 2;
}

}  // namespace
}  // namespace trunkline

int main(int argc, char** argv) {
    gst_init(nullptr, nullptr);
    trunkline::register_elements();
    const int code = trunkline::run(argc, argv);
    gst_deinit();  // so that GST_TRACERS=leaks can tell what is left
    return code;
}
