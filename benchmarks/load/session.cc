// See session.h.
#include "benchmarks/load/session.h"

#include <algorithm>
#include <array>

#include "engine/core/clock.h"
#include "engine/core/id.h"

namespace trunkline::load {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kTick = kSecond / 2;
constexpr int64_t kGoodbye = 3 * kSecond;

std::string random_run_id() {
    std::array<uint8_t, 8> bytes;
    random_bytes(bytes);
    return to_hex(bytes);
}

void add_tally(Delivery& out, const FrameTally& tally, uint32_t to) {
    out.sent += to;
    out.lost += tally.missing(0, to);
    out.duplicated += tally.duplicated();
    out.reordered += tally.reordered();
    out.received = out.sent - out.lost;
}

void add_counts(Delivery& out, const StampReader::Counts& counts) {
    out.corrupted += counts.corrupted;
    out.silence_bytes += counts.silence_bytes;
    out.stray_bytes += counts.stray_bytes;
}

StartFigures figures_of(const StartMeters& meters) {
    return {.webhook = quantiles_of(meters.webhook),
            .first_frame = quantiles_of(meters.first_frame),
            .handshake = quantiles_of(meters.handshake),
            .first_frame_apart = quantiles_of(meters.first_frame_apart),
            .caught_up = quantiles_of(meters.caught_up),
            .later = quantiles_of(meters.later),
            .waited = meters.waited};
}

}  // namespace

Session::Session(const LoadPlan& plan, TargetProcess& target, uint16_t port, TcpSocket& listener, uint32_t calls)
    : target_(target),
      rig_{.plan = plan,
           .reactor = reactor_,
           .meters = meters_,
           .engine = ipv4_address(plan.host, port).value(),
           .engine_port = port,
           .run_id = random_run_id(),
           .steady = calls,
           .records = std::vector<CallRecord>(calls + NewCalls::count(plan)),
           .sent_up = SentTimes(calls + NewCalls::count(plan)),
           .sent_down = SentTimes(calls + NewCalls::count(plan)),
           .epoch_ns = monotonic_ns()},
      new_calls_(rig_),
      backend_(std::make_unique<Backend>(rig_, listener)) {
    for (uint32_t i = 0; i < calls; ++i) {
        rig_.records[i].start = &meters_.ramp;
        callers_.push_back(std::make_unique<Caller>(rig_, i));
    }
}

Status Session::check() const {
    if (interrupted) return fail("interrupted", "interrupted");
    if (!target_.is_alive())
        return fail("target-died", "the engine died during the measurement: " + target_.obituary());
    return {};
}

uint32_t Session::calls_up() const {
    uint32_t count = 0;
    for (uint32_t i = 0; i < rig_.steady; ++i) count += is_up(i) ? 1 : 0;
    return count;
}

bool Session::settled() const {
    for (uint32_t i = 0; i < rig_.steady; ++i)
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
    for (uint32_t i = 0; i < rig_.steady; ++i) callers_[i]->start_at(begin + rig_.plan.ramp_ns * i / rig_.steady);
    while (!settled() && monotonic_ns() < end) {
        progress("ramp: " + std::to_string(calls_up()) + " of " + std::to_string(rig_.steady) + " calls up");
        reactor_.run_until(std::min(end, monotonic_ns() + kTick / 5), [] { return interrupted.load(); });
        if (auto ok = check(); !ok) return ok;
    }
    for (uint32_t i = 0; i < rig_.steady; ++i)
        if (!is_up(i) && !callers_[i]->is_over()) callers_[i]->give_up();
    if (calls_up() > 0) return {};
    std::string why;
    for (const auto& [reason, count] : meters_.failures) why += "\n  " + std::to_string(count) + " × " + reason;
    return fail("nothing-arrived", "no call came up, nothing can be measured:" + why);
}

Status Session::finish_new_calls(const Progress& progress) {
    const int64_t limit = monotonic_ns() + rig_.plan.new_call_life_ns + rig_.plan.setup_limit_ns + 2 * kGoodbye;
    while (!new_calls_.all_over() && monotonic_ns() < limit) {
        progress(std::to_string(new_calls_.live()) + " new calls to end");
        reactor_.run_until(std::min(limit, monotonic_ns() + kTick), [] { return interrupted.load(); });
        if (auto ok = check(); !ok) return ok;
    }
    for (size_t i = 0; i < new_calls_.callers().size(); ++i)
        if (rig_.records[rig_.steady + i].first_heard_ns == 0) new_calls_.callers()[i]->give_up();
    return {};
}

Status Session::hang_up() {
    for (const auto& caller : callers_) caller->hang_up();
    const auto all_closed = [this] {
        return interrupted.load() || (backend_->all_over() && std::all_of(callers_.begin(), callers_.end(),
                                                                          [](const auto& c) { return c->is_over(); }));
    };
    reactor_.run_until(monotonic_ns() + kGoodbye, all_closed);
    left_open_ += new_calls_.live();
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

void Session::fill_deliveries(Measurement& out, const std::vector<uint32_t>& up_limits,
                              const std::vector<uint32_t>& down_limits) const {
    for (uint32_t i = 0; i < rig_.steady; ++i) {
        const CallRecord& record = rig_.records[i];
        if (record.first_heard_ns == 0) continue;
        add_tally(out.up_frames, record.up, up_limits[i]);
        add_tally(out.down_frames, record.down, down_limits[i]);
        add_counts(out.down_frames, callers_[i]->counts());
    }
    for (const auto& session : backend_->sessions()) add_counts(out.up_frames, session->counts());
}

void Session::fill_new_calls(Measurement& out) const {
    out.new_calls_begun = static_cast<uint32_t>(new_calls_.callers().size());
    for (uint32_t i = 0; i < out.new_calls_begun; ++i) {
        const CallRecord& record = rig_.records[rig_.steady + i];
        if (record.first_heard_ns == 0) continue;
        ++out.new_calls_up;
        add_tally(out.new_up_frames, record.up, record.up_judged);
        add_tally(out.new_down_frames, record.down, record.down_judged);
        add_counts(out.new_down_frames, new_calls_.callers()[i]->counts());
    }
}

void Session::fill(Measurement& out, const std::vector<uint32_t>& up_limits,
                   const std::vector<uint32_t>& down_limits) const {
    fill_deliveries(out, up_limits, down_limits);
    fill_new_calls(out);
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
    out.ramp = figures_of(meters_.ramp);
    out.fresh = figures_of(meters_.fresh);
}

}  // namespace trunkline::load
