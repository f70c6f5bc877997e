// See result_rows.h.
#include "benchmarks/load/result_rows.h"

#include <algorithm>
#include <cstdio>

namespace trunkline::load {

std::string fixed(double value, int digits) {
    char out[48];
    std::snprintf(out, sizeof out, "%.*f", digits, value);
    return out;
}

namespace {

std::string joined(const Quantiles& q) {
    return fixed(q.p50, 2) + " / " + fixed(q.p90, 2) + " / " + fixed(q.p99, 2) + " / " + fixed(q.p999, 2) + " / " +
           fixed(q.max, 2);
}

std::string middle_and_tail(const Quantiles& q) { return fixed(q.p50, 2) + " / " + fixed(q.p99, 2); }

std::string middle_tail_max(const Quantiles& q) { return middle_and_tail(q) + " / " + fixed(q.max, 2); }

std::string delivery(const Delivery& d) {
    return std::to_string(d.sent) + " / " + std::to_string(d.lost) + " / " +
           std::to_string(d.duplicated + d.reordered) + " / " + std::to_string(d.corrupted);
}

template <class F>
Row row(std::string label, const std::vector<Measurement>& runs, F cell) {
    Row out{std::move(label), {}};
    for (const Measurement& run : runs) out.cells.push_back(cell(run));
    return out;
}

void add_steady_rows(std::vector<Row>& rows, const std::vector<Measurement>& runs) {
    using M = const Measurement&;
    rows.push_back(row("target", runs, [](M m) { return m.target; }));
    rows.push_back(row("calls up / asked", runs,
                       [](M m) { return std::to_string(m.calls_up) + " / " + std::to_string(m.calls); }));
    rows.push_back(row("steady window, s", runs, [](M m) { return fixed(m.seconds, 1); }));
    rows.push_back(row("CPU ms per call-second", runs, [](M m) { return fixed(m.cpu_ms_per_call_second, 3); }));
    rows.push_back(row("CPUs busy: target / rig / others / stolen", runs, [](M m) {
        return fixed(m.cores_target, 2) + " / " + fixed(m.cores_rig, 2) + " / " + fixed(m.cores_others, 2) + " / " +
               fixed(m.cores_stolen, 2);
    }));
    if (std::any_of(runs.begin(), runs.end(), [](M m) { return m.cores_attacker > 0; }))
        rows.push_back(row("attacker's CPUs, in the others", runs, [](M m) { return fixed(m.cores_attacker, 2); }));
    rows.push_back(
        row("rig's CPU ms per call-second", runs, [](M m) { return fixed(m.rig_cpu_ms_per_call_second, 3); }));
    rows.push_back(
        row("caller → agent added, ms: p50 / p90 / p99 / p99.9 / max", runs, [](M m) { return joined(m.up); }));
    rows.push_back(
        row("agent → caller added, ms: p50 / p90 / p99 / p99.9 / max", runs, [](M m) { return joined(m.down); }));
    rows.push_back(
        row("rig's own lateness in it, ms: p50 / p99", runs, [](M m) { return middle_and_tail(m.lateness); }));
    rows.push_back(row("without it, up, ms: p50 / p99", runs, [](M m) { return middle_and_tail(m.up_from_sent); }));
    rows.push_back(row("without it, down, ms: p50 / p99", runs, [](M m) { return middle_and_tail(m.down_from_sent); }));
    rows.push_back(
        row("frames up: sent / lost / out of order / damaged", runs, [](M m) { return delivery(m.up_frames); }));
    rows.push_back(
        row("frames down: sent / lost / out of order / damaged", runs, [](M m) { return delivery(m.down_frames); }));
    rows.push_back(row("padding bytes up / down", runs, [](M m) {
        return std::to_string(m.up_frames.silence_bytes) + " / " + std::to_string(m.down_frames.silence_bytes);
    }));
    rows.push_back(row("stray bytes up / down, misrouted frames", runs, [](M m) {
        return std::to_string(m.up_frames.stray_bytes) + " / " + std::to_string(m.down_frames.stray_bytes) + ", " +
               std::to_string(m.misrouted);
    }));
    rows.push_back(
        row("marks / clears", runs, [](M m) { return std::to_string(m.marks) + " / " + std::to_string(m.clears); }));
}

void add_size_rows(std::vector<Row>& rows, const std::vector<Measurement>& runs) {
    using M = const Measurement&;
    rows.push_back(row("memory per call, kB", runs, [](M m) { return fixed(m.memory_kb_per_call, 0); }));
    rows.push_back(row("resident kB: idle / loaded / after", runs, [](M m) {
        return std::to_string(m.rss_kb_idle) + " / " + std::to_string(m.rss_kb) + " / " +
               std::to_string(m.rss_kb_after);
    }));
    rows.push_back(row("fds per call; idle / after", runs, [](M m) {
        return fixed(m.fds_per_call, 2) + "; " + std::to_string(m.fds_idle) + " / " + std::to_string(m.fds_after);
    }));
    rows.push_back(row("sockets left open after hang-up", runs, [](M m) { return std::to_string(m.left_open); }));
    rows.push_back(row("threads: idle / loaded", runs,
                       [](M m) { return std::to_string(m.threads_idle) + " / " + std::to_string(m.threads); }));
}

/// How calls begin; `of` picks the steady or the new ones.
template <class Pick>
void add_start_rows(std::vector<Row>& rows, const std::vector<Measurement>& runs, const std::string& whose, Pick of) {
    using M = const Measurement&;
    const auto add = [&](const std::string& what, Quantiles StartFigures::*figure) {
        rows.push_back(
            row(whose + what + ", ms: p50 / p99 / max", runs, [&](M m) { return middle_tail_max(of(m).*figure); }));
    };
    add("webhook → document", &StartFigures::webhook);
    add("socket → first frame at the agent", &StartFigures::first_frame);
    add("of it the backend's handshake", &StartFigures::handshake);
    add("socket → first frame, handshake apart", &StartFigures::first_frame_apart);
    rows.push_back(
        row(whose + "frames sent before SettingsApplied", runs, [&](M m) { return std::to_string(of(m).waited); }));
    add("the last of them heard after it", &StartFigures::caught_up);
}

void add_new_call_rows(std::vector<Row>& rows, const std::vector<Measurement>& runs) {
    using M = const Measurement&;
    if (std::none_of(runs.begin(), runs.end(), [](M m) { return m.new_calls_begun > 0; })) return;
    rows.push_back(row("new calls: up / begun, live on average", runs, [](M m) {
        return std::to_string(m.new_calls_up) + " / " + std::to_string(m.new_calls_begun) + ", " +
               fixed(m.new_calls_live, 0);
    }));
    add_start_rows(rows, runs, "new calls: ", [](M m) -> const StartFigures& { return m.fresh; });
    rows.push_back(row("new calls: caller → agent added 1 s after it, ms: p50 / p99 / max", runs,
                       [](M m) { return middle_tail_max(m.fresh.later); }));
    rows.push_back(row("new calls: frames up: sent / lost / out of order / damaged", runs,
                       [](M m) { return delivery(m.new_up_frames); }));
    rows.push_back(row("new calls: frames down: sent / lost / out of order / damaged", runs,
                       [](M m) { return delivery(m.new_down_frames); }));
}

}  // namespace

std::vector<Row> rows_of(const std::vector<Measurement>& runs) {
    std::vector<Row> rows;
    add_steady_rows(rows, runs);
    add_size_rows(rows, runs);
    add_start_rows(rows, runs, "", [](const Measurement& m) -> const StartFigures& { return m.ramp; });
    add_new_call_rows(rows, runs);
    return rows;
}

}  // namespace trunkline::load
