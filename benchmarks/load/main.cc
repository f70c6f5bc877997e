// trunkline-load: plays N carrier calls and the voice-AI backend against an engine process, and tells what the engine
// costs, what it adds in time, and whether every frame arrived.
//
//   callers (this process) ──▶ engine ──▶ agent (this process)
//                          ◀──        ◀──
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/load/measurement.h"
#include "benchmarks/load/results.h"
#include "engine/core/clock.h"

namespace trunkline::load {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

constexpr const char* kExamples = R"(
Examples:
  The bare bridge alone, the limit that an engine is compared with:
    trunkline-load --bare --calls 50,200 --seconds 20
  An engine and the bare bridge by turns, with their ratio:
    trunkline-load --engine-command "trunkline serve graphs/demo.yaml --port {port}" --bare --calls 50,200 \
                   --report benchmarks/report/load.md
  An engine that runs already and was told DEEPGRAM_URL=ws://127.0.0.1:9000/v1/agent/converse:
    trunkline-load --engine-pid 4711 --port 8080 --backend-port 9000 --calls 100

In the command {port} and {backend} stand for the port to listen on and the URL of the agent.
Exit status: 0 measured, 1 could not measure, 2 wrong arguments, 3 measured but not clean (--strict), 130 Ctrl-C.
)";

struct Arguments {
    LoadPlan plan;
    std::string engine_command, bare_command, attack_command, engine_log, report, title;
    std::vector<std::string> backend_env = {"DEEPGRAM_URL"};
    std::string backend_path = "/v1/agent/converse";
    pid_t engine_pid = 0;
    uint16_t port = 0, backend_port = 0;
    std::vector<uint32_t> calls = {50};
    uint32_t rounds = 1, warm_up_calls = 2;
    double seconds = 20, ramp = 5, settle = 1, setup_limit = 10, start_limit = 15, talk = 2, silence = 2;
    uint32_t agent_burst_ms = 20;
    bool bare = false, json = false, strict = false;
    std::string command_line;
};

struct Target {
    std::string name;
    std::string command;  ///< empty: attach to engine_pid
    std::string attack;   ///< runs beside the measurement; may be empty
};

void show_progress(const std::string& line) {
    if (isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "\r\033[K%s", line.c_str());
}

std::string replaced(std::string text, const std::string& name, const std::string& value) {
    for (size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + value.size()))
        text.replace(at, name.size(), value);
    return text;
}

/// True when something listens on `port` now.
bool answers(const LoadPlan& plan, uint16_t port) {
    TcpSocket probe;
    if (!probe.start_connect(ipv4_address(plan.host, port).value())) return false;
    usleep(2000);
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    return getpeername(probe.fd(), reinterpret_cast<sockaddr*>(&peer), &size) == 0;
}

Status wait_until_it_listens(const Arguments& args, TargetProcess& target, uint16_t port) {
    const int64_t limit = monotonic_ns() + static_cast<int64_t>(args.start_limit * kSecond);
    while (!answers(args.plan, port)) {
        if (interrupted) return fail("interrupted", "interrupted");
        if (!target.is_alive()) return fail("target-died", "the engine did not start: " + target.obituary());
        if (monotonic_ns() > limit)
            return fail("not-listening", "nothing listens on port " + std::to_string(port) + " after " +
                                             std::to_string(args.start_limit) + " s; " + target.obituary());
        usleep(20'000);
    }
    return {};
}

Result<uint16_t> port_for(const Arguments& args, const Target& target) {
    if (args.port != 0 && target.name != "bare") return args.port;
    auto listener = listen_on(ipv4_address(args.plan.host, 0).value());
    if (!listener) return tl::unexpected(listener.error());
    return local_port(*listener);
}

Result<TargetProcess> start(const Arguments& args, const Target& target, uint16_t port, uint16_t backend_port) {
    if (target.command.empty()) return TargetProcess::attach(args.engine_pid);
    if (answers(args.plan, port))
        return fail("port-taken",
                    "another process listens on port " + std::to_string(port) + "; choose another --port");
    const std::string backend = "ws://" + args.plan.host + ":" + std::to_string(backend_port) + args.backend_path;
    std::vector<std::pair<std::string, std::string>> environment;
    for (const std::string& name : args.backend_env) environment.emplace_back(name, backend);
    const std::string command =
        replaced(replaced(target.command, "{port}", std::to_string(port)), "{backend}", backend);
    auto process = TargetProcess::spawn(command, environment, args.engine_log);
    if (!process) return process;
    if (const auto up = wait_until_it_listens(args, *process, port); !up) return tl::unexpected(up.error());
    return process;
}

Result<Measurement> measure_target(const Arguments& args, const Target& target, uint32_t calls) {
    auto listener = listen_on(ipv4_address(args.plan.host, args.backend_port).value());
    if (!listener) return tl::unexpected(listener.error());
    const auto port = port_for(args, target);
    if (!port) return tl::unexpected(port.error());
    LoadPlan plan = args.plan;
    if (target.name == "bare") plan.voice_path = "/twilio/voice";
    show_progress(target.name + ": starting");
    auto process = start(args, target, *port, local_port(*listener));
    if (!process) return tl::unexpected(process.error());
    if (args.warm_up_calls > 0) {
        if (const auto warm = warm_up(plan, *process, *port, *listener, args.warm_up_calls); !warm)
            return fail(warm.error().code, "in the warm-up, " + warm.error().message);
    }
    std::optional<TargetProcess> attacker;
    if (!target.attack.empty()) {
        auto spawned = TargetProcess::spawn(replaced(target.attack, "{port}", std::to_string(*port)), {},
                                            args.engine_log + ".attack");
        if (!spawned) return tl::unexpected(spawned.error());
        attacker.emplace(std::move(*spawned));
    }
    const int64_t began = monotonic_ns();
    const std::string head = target.name + ", " + std::to_string(calls) + " calls: ";
    auto result = measure(plan, target.name, *process, *port, *listener, calls,
                          [&](const std::string& line) { show_progress(head + line); });
    if (attacker && result) {
        const auto cpu = static_cast<double>(attacker->usage().cpu_ns);
        result->cores_attacker = cpu / static_cast<double>(monotonic_ns() - began);
        attacker->stop();
    }
    show_progress("");
    return result;
}

std::vector<Target> targets_of(const Arguments& args) {
    std::vector<Target> targets;
    if (!args.engine_command.empty() || args.engine_pid != 0) targets.push_back({"engine", args.engine_command, ""});
    if (!args.attack_command.empty()) targets.push_back({"attacked", args.engine_command, args.attack_command});
    if (args.bare) targets.push_back({"bare", args.bare_command, ""});
    return targets;
}

int run_all(const Arguments& args) {
    std::vector<Measurement> runs;
    int status = 0;
    for (const uint32_t calls : args.calls) {
        for (uint32_t round = 0; round < args.rounds && status == 0; ++round) {
            for (const Target& target : targets_of(args)) {
                auto result = measure_target(args, target, calls);
                if (!result) {
                    show_progress("");
                    std::fprintf(stderr, "trunkline-load: %s, %u calls: %s\n", target.name.c_str(), calls,
                                 result.error().message.c_str());
                    status = interrupted ? 130 : 1;
                    break;
                }
                if (args.strict && !result->is_clean()) status = 3;
                runs.push_back(std::move(*result));
            }
        }
    }
    if (runs.empty()) return status;
    std::fputs((args.json ? as_json(runs, args.command_line) : as_text(runs)).c_str(), stdout);
    if (args.report.empty()) return status;
    const auto written = append_to(args.report, as_markdown(runs, args.command_line, args.title));
    if (!written) std::fprintf(stderr, "trunkline-load: %s\n", written.error().message.c_str());
    return written ? status : 1;
}

void describe(CLI::App& app, Arguments& args) {
    app.footer(kExamples);
    app.option_defaults()->always_capture_default();
    app.add_option("--engine-command", args.engine_command, "Shell command that becomes the engine process");
    app.add_option("--engine-pid", args.engine_pid, "Measure a process that runs already");
    app.add_flag("--bare", args.bare, "Measure the bare bridge too, by turns, and print the ratio");
    app.add_option("--bare-command", args.bare_command, "Default: trunkline-bare beside this program");
    app.add_option("--attack-command", args.attack_command,
                   "Measure the engine a second time, by turns, while this runs: trunkline-attack --port {port} …");
    app.add_option("--calls", args.calls, "Simultaneous calls; a list is measured one by one")
        ->delimiter(',')
        ->check(CLI::Range(1, 20000));
    app.add_option("--rounds", args.rounds, "Repeat every measurement, engine and bare by turns")
        ->check(CLI::Range(1, 100));
    const auto duration = CLI::AsNumberWithUnit(std::map<std::string, double>{{"ms", 0.001}, {"s", 1}, {"m", 60}},
                                                CLI::AsNumberWithUnit::CASE_SENSITIVE, "DURATION");
    app.add_option("--seconds", args.seconds, "Steady window: 20, 20s, 1m")
        ->transform(duration)
        ->check(CLI::Range(0.1, 86400.0));
    app.add_option("--ramp", args.ramp, "The calls begin evenly over this time")->transform(duration);
    app.add_option("--settle", args.settle, "Between the last call and the steady window")->transform(duration);
    app.add_option("--setup-limit", args.setup_limit, "For the slowest call to come up, after the ramp")
        ->transform(duration);
    app.add_option("--start-limit", args.start_limit, "For the engine to listen")->transform(duration);
    app.add_option("--talk", args.talk, "The agent talks this long …")
        ->transform(duration)
        ->check(CLI::Range(0.1, 3600.0));
    app.add_option("--silence", args.silence, "… and is silent this long, in turn")->transform(duration);
    app.add_option("--agent-burst", args.agent_burst_ms, "Audio the agent sends at once, ms, a multiple of 20");
    app.add_option("--agent-message-bytes", args.plan.agent_message_bytes, "Split it into messages of this many bytes")
        ->check(CLI::Range(0, 60000));
    app.add_option("--host", args.plan.host, "IPv4 address of the engine and for the agent");
    app.add_option("--port", args.port, "Port of the engine; default: a free one, for {port} in the command");
    app.add_option("--voice-path", args.plan.voice_path, "Where the engine answers calls");
    app.add_option("--backend-port", args.backend_port, "Port of the agent; default: a free one");
    app.add_option("--backend-path", args.backend_path, "Path of the agent's URL");
    app.add_option("--backend-env", args.backend_env, "Environment variables that tell the engine the agent's URL")
        ->delimiter(',');
    app.add_option("--auth-token", args.plan.auth_token, "Sign webhooks and upgrades as the carrier does");
    app.add_option("--public-url", args.plan.public_url,
                   "The engine's public address, for signatures: https://voice.example.com");
    app.add_option("--warm-up-calls", args.warm_up_calls, "Short calls before memory is first read");
    app.add_option("--engine-log", args.engine_log,
                   "Where the outputs of the engine go; default: a file in /tmp, removed when all went well");
    app.add_flag("--json", args.json, "Print JSON instead of a table");
    app.add_option("--report", args.report, "Append a Markdown section to this file");
    app.add_option("--title", args.title, "Heading of that section");
    app.add_flag("--strict", args.strict,
                 "Exit status 3 unless every call came up and every frame arrived once, in order and undamaged");
}

/// What the parser cannot see; an empty string when all is well.
std::string finish(Arguments& args, int argc, char** argv) {
    for (int i = 0; i < argc; ++i) {
        const std::string word = argv[i];
        const bool plain = word.find_first_of(" \"'$") == std::string::npos;
        args.command_line += (i == 0 ? "" : " ") + (i == 0  ? std::filesystem::path(word).filename().string()
                                                    : plain ? word
                                                            : "\"" + word + "\"");
    }
    const auto ns = [](double seconds) { return static_cast<int64_t>(seconds * kSecond); };
    args.plan.window_ns = ns(args.seconds);
    args.plan.ramp_ns = ns(args.ramp);
    args.plan.settle_ns = ns(args.settle);
    args.plan.setup_limit_ns = ns(args.setup_limit);
    args.plan.talk_ns = ns(args.talk);
    args.plan.silence_ns = ns(args.silence);
    args.plan.agent_burst_ns = int64_t{args.agent_burst_ms} * 1'000'000;
    if (args.agent_burst_ms == 0 || args.agent_burst_ms % 20 != 0) return "--agent-burst must be a multiple of 20";
    if (!ipv4_address(args.plan.host, 1)) return ipv4_address(args.plan.host, 1).error().message;
    if (!args.engine_command.empty() && args.engine_pid != 0) return "give --engine-command or --engine-pid, not both";
    if (targets_of(args).empty()) return "nothing to measure: give --engine-command, --engine-pid or --bare";
    if (args.engine_pid != 0 && (args.port == 0 || args.backend_port == 0))
        return "--engine-pid needs --port, and --backend-port as the engine was told it";
    if (!args.engine_command.empty() && args.port == 0 && args.engine_command.find("{port}") == std::string::npos)
        return "say on which port the engine listens: --port, or {port} in --engine-command";
    if (args.bare_command.empty()) {
        const auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
        args.bare_command = "'" + (folder / "trunkline-bare").string() + "' --port {port} --backend {backend}";
    }
    return {};
}

}  // namespace
}  // namespace trunkline::load

int main(int argc, char** argv) {
    using namespace trunkline::load;
    Arguments args;
    CLI::App app("Load generator and voice-AI backend in one, to measure an engine between them");
    describe(app, args);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (const std::string wrong = finish(args, argc, argv); !wrong.empty()) {
        std::fprintf(stderr, "trunkline-load: %s (--help shows examples)\n", wrong.c_str());
        return 2;
    }
    const auto stop = [](int) { interrupted = true; };
    std::signal(SIGINT, stop);
    std::signal(SIGTERM, stop);
    std::signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    const bool own_log = args.engine_log.empty();
    if (own_log) args.engine_log = "/tmp/trunkline-load-" + std::to_string(getpid()) + ".log";
    const int status = run_all(args);
    if (own_log && (status == 0 || interrupted)) unlink(args.engine_log.c_str());
    return status;
}
