// trunkline-load: plays N calls of a carrier and the voice-AI backend against an engine process, and tells what the
// engine costs, what it adds in time, and whether every frame arrived.
//
//   callers (this process) ──▶ engine ──▶ agent (this process)
//                          ◀──        ◀──
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "benchmarks/load/campaign.h"
#include "benchmarks/load/measurement.h"

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
  The same with TLS on both sides of the target:
    trunkline-load --engine-command … --bare --tls --tls-carrier --calls 200
  50 new calls a second beside 200 steady ones, and an agent that takes its time:
    trunkline-load --engine-command … --bare --calls 200 --new-calls-per-second 50 --agent-delay 500ms
  Another carrier and another backend, signed as the carrier does:
    HUME_API_KEY=k VONAGE_SIGNATURE_SECRET=s trunkline-load --carrier vonage --backend hume --auth-token s --calls 50 \
        --engine-command "trunkline serve --graphs graphs/vonage-hume.yaml --port {port} --url http://127.0.0.1:{port}"
  As many calls as the machine carries with no frame lost and p99 added ≤ 20 ms:
    trunkline-load --engine-command … --find-slo --calls 200 --rounds 3
  An engine that runs already and was told DEEPGRAM_URL=ws://127.0.0.1:9000/v1/agent/converse:
    trunkline-load --engine-pid 4711 --port 8080 --backend-port 9000 --calls 100

In the command {port} and {backend} stand for the port to listen on and the URL of the agent. With --tls the engine finds
the authority in TRUNKLINE_CA_FILE, with --tls-carrier its own certificate in TRUNKLINE_TLS_CERTIFICATE and _KEY.
Exit status: 0 measured, 1 could not measure, 2 wrong arguments, 3 measured but not clean (--strict), 130 Ctrl-C.
)";

void describe(CLI::App& app, Arguments& args) {
    app.footer(kExamples);
    app.option_defaults()->always_capture_default();
    app.add_option("--engine-command", args.engine_command, "Shell command that becomes the engine process");
    app.add_option("--engine-pid", args.engine_pid, "Measure a process that runs already");
    app.add_flag("--bare", args.bare, "Measure the bare bridge too, by turns, and print the ratio");
    app.add_option("--bare-command", args.bare_command, "Default: trunkline-bare beside this program");
    app.add_option("--attack-command", args.attack_command,
                   "Measure the engine a second time, by turns, while this runs: trunkline-attack --port {port} …");
    app.add_option("--carrier", args.plan.cell.carrier, "Who the callers are: twilio or vonage")
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, CarrierKind>{{"twilio", CarrierKind::kTwilio}, {"vonage", CarrierKind::kVonage}}));
    app.add_option("--backend", args.plan.cell.backend, "Who the agents are: deepgram or hume")
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, BackendKind>{{"deepgram", BackendKind::kDeepgram}, {"hume", BackendKind::kHume}}));
    app.add_option("--vonage-rate", args.plan.cell.vonage_rate, "Rate of Vonage's media socket, Hz")
        ->check(CLI::IsMember({8000, 16000, 24000}));
    app.add_option("--hume-rate", args.plan.cell.hume_rate, "Rate at which the graph sends to Hume, Hz")
        ->check(CLI::IsMember({8000, 16000, 24000, 48000}));
    app.add_option("--calls", args.calls,
                   "Simultaneous calls; a list is measured one by one; with --find-slo the first number tried")
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
    app.add_option("--agent-delay", args.agent_delay, "The agent waits this long before its first message")
        ->transform(duration)
        ->check(CLI::Range(0.0, 60.0));
    app.add_option("--new-calls-per-second", args.plan.new_calls_per_second,
                   "Short calls that begin all the time beside the steady ones, measured apart")
        ->check(CLI::Range(0.0, 1000.0));
    app.add_option("--new-call-life", args.new_call_life, "Each of them talks this long")
        ->transform(duration)
        ->check(CLI::Range(0.1, 3600.0));
    app.add_flag("--tls", args.tls, "TLS between the target and the agent: wss, with a certificate made for the run");
    app.add_flag("--tls-carrier", args.tls_carrier, "TLS between the callers and the target: https and wss");
    app.add_flag("--find-slo", args.find_slo,
                 "Find the largest number of calls with no frame lost and p99 added within --slo: steps of 100, then "
                 "halves down to 10; a number holds when most of its --rounds do");
    app.add_option("--slo", args.slo_ms, "p99 added, ms, either way")->check(CLI::Range(0.1, 10000.0));
    app.add_option("--host", args.plan.host, "IPv4 address of the engine and for the agent");
    app.add_option("--port", args.port, "Port of the engine; default: a free one, for {port} in the command");
    app.add_option("--voice-path", args.plan.voice_path,
                   "Where the engine answers calls; default: /<carrier>/voice or answer");
    app.add_option("--backend-port", args.backend_port, "Port of the agent; default: a free one");
    app.add_option("--backend-path", args.backend_path, "Path of the agent's URL; default: the backend's own");
    app.add_option("--backend-env", args.backend_env,
                   "Environment variables that tell the engine the agent's URL; default: DEEPGRAM_URL and "
                   "DEEPGRAM_AGENT_URL, or HUME_EVI_URL")
        ->delimiter(',');
    app.add_option("--auth-token", args.plan.auth_token,
                   "Sign webhooks and upgrades as the carrier does: Twilio's auth token, Vonage's signature secret");
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

/// Options that do not go together; an empty string when all is well.
std::string contradiction(const Arguments& args) {
    if (!args.engine_command.empty() && args.engine_pid != 0) return "give --engine-command or --engine-pid, not both";
    if (!args.has_engine() && !args.bare) return "nothing to measure: give --engine-command, --engine-pid or --bare";
    if (args.bare &&
        (args.plan.cell.carrier != CarrierKind::kTwilio || args.plan.cell.backend != BackendKind::kDeepgram))
        return "the bare bridge speaks Twilio and Deepgram only: leave --bare away";
    if (args.engine_pid != 0 && (args.port == 0 || args.backend_port == 0))
        return "--engine-pid needs --port, and --backend-port as the engine was told it";
    if (!args.engine_command.empty() && args.port == 0 && args.engine_command.find("{port}") == std::string::npos)
        return "say on which port the engine listens: --port, or {port} in --engine-command";
    if (args.engine_pid != 0 && (args.tls || args.tls_carrier))
        return "--tls and --tls-carrier need --engine-command: the engine must be told the certificates of this run";
    if (args.agent_delay > args.setup_limit) return "--setup-limit must be longer than --agent-delay";
    if (args.plan.new_calls_per_second > 0 && args.new_call_life < args.agent_delay + 1)
        return "--new-call-life must be longer than --agent-delay by a second, or a new call has nothing to show";
    return {};
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
    args.plan.agent_delay_ns = ns(args.agent_delay);
    args.plan.new_call_life_ns = args.plan.new_calls_per_second > 0 ? ns(args.new_call_life) : 0;
    const bool twilio = args.plan.cell.carrier == CarrierKind::kTwilio;
    const bool deepgram = args.plan.cell.backend == BackendKind::kDeepgram;
    if (args.plan.voice_path.empty()) args.plan.voice_path = twilio ? "/twilio/voice" : "/vonage/answer";
    if (args.backend_path.empty()) args.backend_path = deepgram ? "/v1/agent/converse" : "/v0/evi/chat";
    if (args.backend_env.empty() && deepgram) args.backend_env = {"DEEPGRAM_URL", "DEEPGRAM_AGENT_URL"};
    if (args.backend_env.empty()) args.backend_env = {"HUME_EVI_URL"};
    args.plan.agent_burst_ns = int64_t{args.agent_burst_ms} * 1'000'000;
    if (args.agent_burst_ms == 0 || args.agent_burst_ms % 20 != 0) return "--agent-burst must be a multiple of 20";
    if (!ipv4_address(args.plan.host, 1)) return ipv4_address(args.plan.host, 1).error().message;
    if (args.bare_command.empty()) {
        const auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
        args.bare_command = "'" + (folder / "trunkline-bare").string() + "' --port {port} --backend {backend}";
    }
    return contradiction(args);
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
