// See campaign.h.
#include "benchmarks/load/campaign.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>

#include "benchmarks/load/measurement.h"
#include "benchmarks/load/results.h"
#include "benchmarks/load/slo_search.h"
#include "benchmarks/load/tls_files.h"
#include "engine/core/clock.h"

namespace trunkline::load {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr uint32_t kRampPerSecond = 100;  // a search must not fail because its ramp is a storm

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

class Campaign {
  public:
    explicit Campaign(Arguments args) : args_(std::move(args)) {}
    Status prepare_tls();
    int measure_list();
    int search();
    int print(int status) const;

  private:
    using Environment = std::vector<std::pair<std::string, std::string>>;
    std::vector<Target> targets() const;
    std::string backend_url(uint16_t port) const;
    Environment environment(const std::string& backend) const;
    Status wait_until_it_listens(TargetProcess& process, uint16_t port) const;
    Result<uint16_t> port_for(const Target& target) const;
    Result<TargetProcess> start(const Target& target, uint16_t port, uint16_t backend_port) const;
    Result<Measurement> measure_target(const Target& target, const LoadPlan& plan, uint32_t calls) const;
    int complain(const Target& target, uint32_t calls, const Error& error) const;
    Result<bool> holds(const Target& target, uint32_t calls, std::string& why);
    Result<SloAnswer> search_target(const Target& target);

    Arguments args_;
    std::optional<TlsFiles> files_;
    std::optional<TlsContext> agent_tls_, carrier_tls_;
    std::vector<Measurement> runs_;
    std::vector<SloAnswer> slo_answers_;
};

Status Campaign::prepare_tls() {
    if (!args_.tls && !args_.tls_carrier) return {};
    auto files = TlsFiles::make();
    if (!files) return tl::unexpected(files.error());
    files_.emplace(std::move(*files));
    auto agent = TlsContext::server(files_->certificate(), files_->key());
    if (!agent) return tl::unexpected(agent.error());
    auto carrier = TlsContext::client(files_->ca());
    if (!carrier) return tl::unexpected(carrier.error());
    agent_tls_.emplace(std::move(*agent));
    carrier_tls_.emplace(std::move(*carrier));
    if (args_.tls) args_.plan.agent_tls = &*agent_tls_;
    if (args_.tls_carrier) args_.plan.carrier_tls = &*carrier_tls_;
    return {};
}

std::vector<Target> Campaign::targets() const {
    std::vector<Target> targets;
    if (args_.has_engine()) targets.push_back({"engine", args_.engine_command, ""});
    if (!args_.attack_command.empty()) targets.push_back({"attacked", args_.engine_command, args_.attack_command});
    if (args_.bare) targets.push_back({"bare", args_.bare_command, ""});
    return targets;
}

/// With TLS by the name that stands in the certificate.
std::string Campaign::backend_url(uint16_t port) const {
    return (args_.tls ? "wss://localhost" : "ws://" + args_.plan.host) + ":" + std::to_string(port) +
           args_.backend_path;
}

Campaign::Environment Campaign::environment(const std::string& backend) const {
    Environment out;
    for (const std::string& name : args_.backend_env) out.emplace_back(name, backend);
    if (args_.plan.cell.carrier == CarrierKind::kVonage)
        out.emplace_back("VONAGE_MEDIA_RATE", std::to_string(args_.plan.cell.vonage_rate));
    if (args_.tls) out.emplace_back("TRUNKLINE_CA_FILE", files_->ca());
    if (args_.tls_carrier) {
        out.emplace_back("TRUNKLINE_TLS_CERTIFICATE", files_->certificate());
        out.emplace_back("TRUNKLINE_TLS_KEY", files_->key());
    }
    return out;
}

Status Campaign::wait_until_it_listens(TargetProcess& process, uint16_t port) const {
    const int64_t limit = monotonic_ns() + static_cast<int64_t>(args_.start_limit * kSecond);
    while (!answers(args_.plan, port)) {
        if (interrupted) return fail("interrupted", "interrupted");
        if (!process.is_alive()) return fail("target-died", "the engine did not start: " + process.obituary());
        if (monotonic_ns() > limit)
            return fail("not-listening", "nothing listens on port " + std::to_string(port) + " after " +
                                             std::to_string(args_.start_limit) + " s; " + process.obituary());
        usleep(20'000);
    }
    return {};
}

Result<uint16_t> Campaign::port_for(const Target& target) const {
    if (args_.port != 0 && target.name != "bare") return args_.port;
    auto listener = listen_on(ipv4_address(args_.plan.host, 0).value());
    if (!listener) return tl::unexpected(listener.error());
    return local_port(*listener);
}

Result<TargetProcess> Campaign::start(const Target& target, uint16_t port, uint16_t backend_port) const {
    if (target.command.empty()) return TargetProcess::attach(args_.engine_pid);
    if (answers(args_.plan, port))
        return fail("port-taken",
                    "another process listens on port " + std::to_string(port) + "; choose another --port");
    const std::string backend = backend_url(backend_port);
    const std::string command =
        replaced(replaced(target.command, "{port}", std::to_string(port)), "{backend}", backend);
    auto process = TargetProcess::spawn(command, environment(backend), args_.engine_log);
    if (!process) return process;
    if (const auto up = wait_until_it_listens(*process, port); !up) return tl::unexpected(up.error());
    return process;
}

Result<Measurement> Campaign::measure_target(const Target& target, const LoadPlan& given, uint32_t calls) const {
    auto listener = listen_on(ipv4_address(args_.plan.host, args_.backend_port).value());
    if (!listener) return tl::unexpected(listener.error());
    const auto port = port_for(target);
    if (!port) return tl::unexpected(port.error());
    LoadPlan plan = given;
    if (target.name == "bare") plan.voice_path = "/twilio/voice";
    show_progress(target.name + ": starting");
    auto process = start(target, *port, local_port(*listener));
    if (!process) return tl::unexpected(process.error());
    if (args_.warm_up_calls > 0) {
        if (const auto warm = warm_up(plan, *process, *port, *listener, args_.warm_up_calls); !warm)
            return fail(warm.error().code, "in the warm-up, " + warm.error().message);
    }
    std::optional<TargetProcess> attacker;
    if (!target.attack.empty()) {
        auto spawned = TargetProcess::spawn(replaced(target.attack, "{port}", std::to_string(*port)), {},
                                            args_.engine_log + ".attack");
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

int Campaign::complain(const Target& target, uint32_t calls, const Error& error) const {
    show_progress("");
    std::fprintf(stderr, "trunkline-load: %s, %u calls: %s\n", target.name.c_str(), calls, error.message.c_str());
    return interrupted ? 130 : 1;
}

int Campaign::measure_list() {
    int status = 0;
    for (const uint32_t calls : args_.calls) {
        for (uint32_t round = 0; round < args_.rounds; ++round) {
            for (const Target& target : targets()) {
                auto result = measure_target(target, args_.plan, calls);
                if (!result) return complain(target, calls, result.error());
                if (args_.strict && !result->is_clean()) status = 3;
                runs_.push_back(std::move(*result));
            }
            if (status != 0) return status;
        }
    }
    return status;
}

/// Whether most of the rounds keep the promise; `why` tells of one that did not.
Result<bool> Campaign::holds(const Target& target, uint32_t calls, std::string& why) {
    LoadPlan plan = args_.plan;
    plan.ramp_ns = std::max(plan.ramp_ns, kSecond * calls / kRampPerSecond);
    uint32_t held = 0, failed = 0;
    while (2 * held <= args_.rounds && 2 * failed < args_.rounds) {
        auto result = measure_target(target, plan, calls);
        if (!result && result.error().code != "nothing-arrived") return tl::unexpected(result.error());
        const std::string reason = result ? why_not_held(*result, args_.slo_ms) : "no call came up";
        ++(reason.empty() ? held : failed);
        if (!reason.empty()) why = reason;
        if (result) runs_.push_back(std::move(*result));
        std::fprintf(stderr, "%s, %u calls: %s\n", target.name.c_str(), calls,
                     reason.empty() ? "held" : reason.c_str());
    }
    return 2 * held > args_.rounds;
}

Result<SloAnswer> Campaign::search_target(const Target& target) {
    SloSearch search(args_.calls.front());
    SloAnswer answer{.target = target.name, .slo_ms = args_.slo_ms};
    while (const uint32_t calls = search.next()) {
        std::string why;
        const auto held = holds(target, calls, why);
        if (!held) return fail(held.error().code, std::to_string(calls) + " calls: " + held.error().message);
        search.note(calls, *held);
        if (!*held) answer.why = why;
    }
    answer.largest = search.largest();
    answer.failed = search.smallest_failed();
    return answer;
}

int Campaign::search() {
    for (const Target& target : targets()) {
        auto answer = search_target(target);
        if (!answer) return complain(target, 0, answer.error());
        slo_answers_.push_back(std::move(*answer));
    }
    return 0;
}

int Campaign::print(int status) const {
    if (runs_.empty()) return status;
    std::fputs((args_.json ? as_json(runs_, slo_answers_, args_.command_line) : as_text(runs_, slo_answers_)).c_str(),
               stdout);
    if (args_.report.empty()) return status;
    const auto written = append_to(args_.report, as_markdown(runs_, slo_answers_, args_.command_line, args_.title));
    if (!written) std::fprintf(stderr, "trunkline-load: %s\n", written.error().message.c_str());
    return written ? status : 1;
}

}  // namespace

int run_all(Arguments args) {
    const bool find_slo = args.find_slo;
    Campaign campaign(std::move(args));
    if (const auto ready = campaign.prepare_tls(); !ready) {
        std::fprintf(stderr, "trunkline-load: %s\n", ready.error().message.c_str());
        return 1;
    }
    return campaign.print(find_slo ? campaign.search() : campaign.measure_list());
}

}  // namespace trunkline::load
