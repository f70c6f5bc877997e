// See measurement.h.
#include "benchmarks/load/measurement.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "benchmarks/load/backend.h"
#include "benchmarks/load/caller.h"
#include "engine/core/clock.h"
#include "engine/core/id.h"

namespace trunkline::load {

std::atomic<bool> interrupted{false};

namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kTick = kSecond / 2;
constexpr int64_t kDrain = kSecond;
constexpr int64_t kGoodbye = 3 * kSecond;
constexpr double kMs = 1e6;

std::string random_run_id() {
    std::array<uint8_t, 8> bytes;
    random_bytes(bytes);
    return to_hex(bytes);
}

/// The moving parts of one measurement and the waits between its phases.
class Session {
  public:
    Session(const LoadPlan& plan, TargetProcess& target, uint16_t port, TcpSocket& listener, uint32_t calls)
        : target_(target),
          rig_{.plan = plan,
               .reactor = reactor_,
               .meters = meters_,
               .engine = ipv4_address(plan.host, port).value(),
               .engine_port = port,
               .run_id = random_run_id(),
               .records = std::vector<CallRecord>(calls),
               .epoch_ns = monotonic_ns()},
          backend_(std::make_unique<Backend>(rig_, listener)) {
        for (uint32_t i = 0; i < calls; ++i) callers_.push_back(std::make_unique<Caller>(rig_, i));
    }
    ~Session() { reactor_.clear_timers(); }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Starts the calls over the ramp and waits until each is heard by its agent or has failed.
    Status ramp_up(const Progress& progress);
    /// Runs until `until_ns`; `note` is shown with the seconds to go.
    Status run(int64_t until_ns, const std::string& note, const Progress& progress);
    /// Hangs up and waits for the target to close what it has open.
    Status hang_up();

    uint32_t calls_up() const;
    void fill(Measurement& out, const std::vector<uint32_t>& up_limits, const std::vector<uint32_t>& down_limits) const;
    std::vector<uint32_t> sent(uint32_t CallRecord::*counter) const;
    Meters& meters() { return meters_; }

  private:
    Status check() const;
    bool is_up(uint32_t i) const { return callers_[i]->is_streaming() && rig_.records[i].first_heard_ns != 0; }
    bool settled() const;

    TargetProcess& target_;
    uint32_t left_open_ = 0;
    Reactor reactor_;
    Meters meters_;
    Rig rig_;
    std::unique_ptr<Backend> backend_;
    std::vector<std::unique_ptr<Caller>> callers_;
};

Status Session::check() const {
    if (interrupted) return fail("interrupted", "interrupted");
    if (!target_.is_alive())
        return fail("target-died", "the engine died during the measurement: " + target_.obituary());
    return {};
}

uint32_t Session::calls_up() const {
    uint32_t count = 0;
    for (uint32_t i = 0; i < rig_.calls(); ++i) count += is_up(i) ? 1 : 0;
    return count;
}

bool Session::settled() const {
    for (uint32_t i = 0; i < rig_.calls(); ++i)
        if (!is_up(i) && !callers_[i]->is_over()) return false;
    return true;
}

Status Session::run(int64_t until_ns, const std::string& note, const Progress& progress) {
    while (monotonic_ns() < until_ns) {
        const int64_t left = until_ns - monotonic_ns();
        progress(note + ", " + std::to_string((left + kSecond - 1) / kSecond) + " s to go");
        reactor_.run_until(std::min(until_ns, monotonic_ns() + kTick), [] { return interrupted.load(); });
        if (auto ok = check(); !ok) return ok;
    }
    return {};
}

Status Session::ramp_up(const Progress& progress) {
    const int64_t begin = monotonic_ns();
    const int64_t end = begin + rig_.plan.ramp_ns + rig_.plan.setup_limit_ns;
    for (uint32_t i = 0; i < rig_.calls(); ++i) callers_[i]->start_at(begin + rig_.plan.ramp_ns * i / rig_.calls());
    while (!settled() && monotonic_ns() < end) {
        progress("ramp: " + std::to_string(calls_up()) + " of " + std::to_string(rig_.calls()) + " calls up");
        reactor_.run_until(std::min(end, monotonic_ns() + kTick / 5), [] { return interrupted.load(); });
        if (auto ok = check(); !ok) return ok;
    }
    for (uint32_t i = 0; i < rig_.calls(); ++i)
        if (!is_up(i) && !callers_[i]->is_over()) callers_[i]->give_up();
    if (calls_up() > 0) return {};
    std::string why;
    for (const auto& [reason, count] : meters_.failures) why += "\n  " + std::to_string(count) + " × " + reason;
    return fail("nothing-arrived", "no call came up, nothing can be measured:" + why);
}

Status Session::hang_up() {
    for (const auto& caller : callers_) caller->hang_up();
    const auto all_closed = [this] {
        return interrupted.load() || (backend_->all_over() && std::all_of(callers_.begin(), callers_.end(),
                                                                          [](const auto& c) { return c->is_over(); }));
    };
    reactor_.run_until(monotonic_ns() + kGoodbye, all_closed);
    for (const auto& caller : callers_) left_open_ += caller->is_over() ? 0 : 1;
    for (const auto& session : backend_->sessions()) left_open_ += session->is_over() ? 0 : 1;
    for (const auto& caller : callers_) caller->cut();
    reactor_.run_until(monotonic_ns() + kSecond / 5, [] { return interrupted.load(); });
    return check();
}

std::vector<uint32_t> Session::sent(uint32_t CallRecord::*counter) const {
    std::vector<uint32_t> out;
    for (const CallRecord& record : rig_.records) out.push_back(record.*counter);
    return out;
}

void add_tally(Delivery& out, const FrameTally& tally, uint32_t from, uint32_t to) {
    out.sent += to > from ? to - from : 0;
    out.lost += tally.missing(from, to);
    out.duplicated += tally.duplicated();
    out.reordered += tally.reordered();
    out.received = out.sent - out.lost;
}

void add_counts(Delivery& out, const StampReader::Counts& counts) {
    out.corrupted += counts.corrupted;
    out.silence_bytes += counts.silence_bytes;
    out.stray_bytes += counts.stray_bytes;
}

void Session::fill(Measurement& out, const std::vector<uint32_t>& up_limits,
                   const std::vector<uint32_t>& down_limits) const {
    for (uint32_t i = 0; i < rig_.calls(); ++i) {
        const CallRecord& record = rig_.records[i];
        if (record.first_heard_ns == 0) continue;
        out.early_frames += record.up.first();
        add_tally(out.up_frames, record.up, record.up.first(), up_limits[i]);
        add_tally(out.down_frames, record.down, 0, down_limits[i]);
        add_counts(out.down_frames, callers_[i]->counts());
    }
    for (const auto& session : backend_->sessions()) add_counts(out.up_frames, session->counts());
    out.failures = meters_.failures;
    out.left_open = left_open_;
    out.misrouted = meters_.misrouted;
    out.marks = meters_.marks;
    out.clears = meters_.clears;
    out.up = quantiles_of(meters_.up);
    out.down = quantiles_of(meters_.down);
    out.up_from_sent = quantiles_of(meters_.up_from_sent);
    out.down_from_sent = quantiles_of(meters_.down_from_sent);
    out.lateness = quantiles_of(meters_.lateness);
    out.webhook = quantiles_of(meters_.webhook);
    out.first_frame = quantiles_of(meters_.first_frame);
}

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
    const double call_seconds = wall / 1e9 * out.calls_up;
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
    const double calls = std::max(1U, out.calls_up);
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
    return calls_up == calls && failures.empty() && misrouted == 0 && clean(up_frames) && clean(down_frames);
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
    window = {monotonic_ns() + plan.settle_ns, monotonic_ns() + plan.settle_ns + plan.window_ns};
    if (auto ok = session.run(window.start, "settling", progress); !ok) return tl::unexpected(ok.error());
    const Edge begin(target);
    if (auto ok = session.run(window.end, "measuring", progress); !ok) return tl::unexpected(ok.error());
    const Edge end(target);
    out.calls_up = session.calls_up();
    out.rss_kb = target.rss_kb();
    const auto up_limits = session.sent(&CallRecord::up_sent);
    const auto down_limits = session.sent(&CallRecord::down_sent);
    // The calls talk on while the last measured frames travel: an engine that gathers chunks holds none of them back.
    if (auto ok = session.run(monotonic_ns() + kDrain, "draining", progress); !ok) return tl::unexpected(ok.error());
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
    Session session(quick, target, target_port, backend_listener, calls);
    const Progress silent = [](const std::string&) {};
    if (auto ok = session.ramp_up(silent); !ok) return ok;
    if (auto ok = session.run(monotonic_ns() + kSecond / 2, "", silent); !ok) return ok;
    return session.hang_up();
}

}  // namespace trunkline::load
