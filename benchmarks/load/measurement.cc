// See measurement.h.
#include "benchmarks/load/measurement.h"

#include <unistd.h>

#include <algorithm>
#include <vector>

#include "benchmarks/load/session.h"
#include "engine/core/clock.h"

namespace trunkline::load {

std::atomic<bool> interrupted{false};

namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kDrain = kSecond;
constexpr double kMs = 1e6;

/// Everything that is read at both edges of the steady window.
struct Edge {
    int64_t at = monotonic_ns();
    int64_t rig_cpu = own_cpu_ns();
    MachineTime machine = machine_time();
    Usage usage;
    explicit Edge(const TargetProcess& target) : usage(target.usage()) {}
};

void fill_costs(Measurement& out, const Edge& begin, const Edge& end) {
    const auto wall = static_cast<double>(end.at - begin.at);
    const auto target = static_cast<double>(end.usage.cpu_ns - begin.usage.cpu_ns);
    const auto rig = static_cast<double>(end.rig_cpu - begin.rig_cpu);
    const double call_seconds = wall / 1e9 * (out.calls_up + out.new_calls_live);
    out.seconds = wall / 1e9;
    out.cpu_ms_per_call_second = target / kMs / call_seconds;
    out.rig_cpu_ms_per_call_second = rig / kMs / call_seconds;
    out.cores_target = target / wall;
    out.cores_rig = rig / wall;
    const double tick_ns = 1e9 / static_cast<double>(sysconf(_SC_CLK_TCK));
    const auto busy = static_cast<double>(end.machine.busy - begin.machine.busy) * tick_ns / wall;
    out.cores_others = std::max(0.0, busy - out.cores_target - out.cores_rig);
    out.cores_stolen = static_cast<double>(end.machine.stolen - begin.machine.stolen) * tick_ns / wall;
}

void fill_sizes(Measurement& out, const Usage& idle, const Usage& loaded, const Usage& after) {
    const double calls = std::max(1.0, out.calls_up + out.new_calls_live);
    out.memory_kb_per_call = static_cast<double>(out.rss_kb - out.rss_kb_idle) / calls;
    out.fds_per_call = (loaded.fds - idle.fds) / calls;
    out.threads_idle = idle.threads;
    out.threads = loaded.threads;
    out.fds_idle = idle.fds;
    out.fds_after = after.fds;
}

}  // namespace

Quantiles quantiles_of(const Histogram& histogram) {
    const auto at = [&](double q) { return static_cast<double>(histogram.quantile(q)) / kMs; };
    return {histogram.count(), at(0.5), at(0.9), at(0.99), at(0.999), static_cast<double>(histogram.max()) / kMs};
}

bool Measurement::is_clean() const {
    const auto clean = [](const Delivery& d) {
        return d.received > 0 && d.lost + d.duplicated + d.reordered + d.corrupted + d.stray_bytes == 0;
    };
    const bool new_clean =
        new_calls_begun == 0 || (new_calls_up == new_calls_begun && clean(new_up_frames) && clean(new_down_frames));
    return calls_up == calls && failures.empty() && misrouted == 0 && clean(up_frames) && clean(down_frames) &&
           new_clean;
}

Result<Measurement> measure(const LoadPlan& plan, const std::string& name, TargetProcess& target, uint16_t target_port,
                            TcpSocket& backend_listener, uint32_t calls, const Progress& progress) {
    const Usage idle = target.usage();
    Measurement out;
    out.target = name;
    out.calls = calls;
    out.rss_kb_idle = target.rss_kb();
    Session session(plan, target, target_port, backend_listener, calls);
    if (auto ok = session.ramp_up(progress); !ok) return tl::unexpected(ok.error());
    Window& window = session.meters().window;
    window.start = monotonic_ns() + std::max(plan.settle_ns, plan.new_call_life_ns);
    window.end = window.start + plan.window_ns;
    session.begin_new_calls(window.start - plan.new_call_life_ns);
    if (auto ok = session.run(window.start, "settling", progress); !ok) return tl::unexpected(ok.error());
    const Edge begin(target);
    const uint32_t live_at_begin = session.new_calls_live();
    if (auto ok = session.run(window.end, "measuring", progress); !ok) return tl::unexpected(ok.error());
    const Edge end(target);
    out.calls_up = session.calls_up();
    out.new_calls_live = (live_at_begin + session.new_calls_live()) / 2.0;
    out.rss_kb = target.rss_kb();
    const auto up_limits = session.sent(&CallRecord::up_sent);
    const auto down_limits = session.sent(&CallRecord::down_sent);
    // The calls talk on while the last measured frames travel: an engine that gathers chunks holds none of them back.
    if (auto ok = session.run(monotonic_ns() + kDrain, "draining", progress); !ok) return tl::unexpected(ok.error());
    if (auto ok = session.finish_new_calls(progress); !ok) return tl::unexpected(ok.error());
    if (auto ok = session.hang_up(); !ok) return tl::unexpected(ok.error());
    out.rss_kb_after = target.rss_kb();
    fill_costs(out, begin, end);
    fill_sizes(out, idle, end.usage, target.usage());
    session.fill(out, up_limits, down_limits);
    return out;
}

Status warm_up(const LoadPlan& plan, TargetProcess& target, uint16_t target_port, TcpSocket& backend_listener,
               uint32_t calls) {
    LoadPlan quick = plan;
    quick.ramp_ns = 0;
    quick.new_calls_per_second = 0;
    Session session(quick, target, target_port, backend_listener, calls);
    const Progress silent = [](const std::string&) {};
    if (auto ok = session.ramp_up(silent); !ok) return ok;
    if (auto ok = session.run(monotonic_ns() + kSecond / 2, "", silent); !ok) return ok;
    return session.hang_up();
}

}  // namespace trunkline::load
