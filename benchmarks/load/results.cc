// See results.h.
#include "benchmarks/load/results.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "benchmarks/load/result_rows.h"
#include "engine/core/clock.h"
#include "engine/core/json.h"

namespace trunkline::load {
namespace {

/// Engine ÷ bare at the same number of calls and of the same round; 0 without such a partner.
double ratio_to_bare(const std::vector<Measurement>& runs, size_t index) {
    const Measurement& run = runs[index];
    const auto same = [&](const Measurement& m, const std::string& target) {
        return m.target == target && m.calls == run.calls;
    };
    size_t round = 0;
    for (size_t i = 0; i < index; ++i) round += same(runs[i], run.target) ? 1 : 0;
    for (const Measurement& other : runs) {
        if (same(other, "bare") && round-- == 0) return run.cpu_ms_per_call_second / other.cpu_ms_per_call_second;
    }
    return 0;
}

std::string ratio_text(const std::vector<Measurement>& runs, size_t index) {
    const double ratio = ratio_to_bare(runs, index);
    return runs[index].target == "bare" || ratio <= 0 ? "" : fixed(ratio, 2);
}

/// One line per number of calls: the median over the rounds and their spread.
std::string ratio_summary(const std::vector<Measurement>& runs) {
    std::map<uint32_t, std::vector<double>> ratios;
    for (size_t i = 0; i < runs.size(); ++i)
        if (runs[i].target != "bare" && ratio_to_bare(runs, i) > 0)
            ratios[runs[i].calls].push_back(ratio_to_bare(runs, i));
    std::string out;
    for (auto& [calls, values] : ratios) {
        std::sort(values.begin(), values.end());
        const size_t n = values.size();
        const double median = (values[n / 2] + values[(n - 1) / 2]) / 2;
        out += "CPU of the engine ÷ CPU of the bare bridge at " + std::to_string(calls) + " calls: median " +
               fixed(median, 2) + " (" + fixed(values.front(), 2) + " … " + fixed(values.back(), 2) + ", " +
               std::to_string(n) + (n == 1 ? " round)\n" : " rounds)\n");
    }
    return out;
}

std::vector<const Measurement*> rounds_of(const std::vector<Measurement>& runs, const Measurement& like) {
    std::vector<const Measurement*> rounds;
    for (const Measurement& run : runs)
        if (run.target == like.target && run.calls == like.calls) rounds.push_back(&run);
    return rounds;
}

/// Of the rounds of one target at one number of calls, the one whose CPU is the median; in the order of measuring.
std::vector<Measurement> median_rounds(const std::vector<Measurement>& runs) {
    std::vector<Measurement> out;
    std::set<std::pair<std::string, uint32_t>> done;
    for (const Measurement& first : runs) {
        if (!done.emplace(first.target, first.calls).second) continue;
        std::vector<const Measurement*> rounds = rounds_of(runs, first);
        const auto middle = rounds.begin() + static_cast<ptrdiff_t>(rounds.size() / 2);
        std::nth_element(rounds.begin(), middle, rounds.end(), [](const Measurement* a, const Measurement* b) {
            return a->cpu_ms_per_call_second < b->cpu_ms_per_call_second;
        });
        out.push_back(**middle);
    }
    return out;
}

/// Median and spread of a figure over the rounds of one target at one number of calls.
std::string spread(const std::vector<const Measurement*>& rounds, double (*figure)(const Measurement&)) {
    std::vector<double> values;
    values.reserve(rounds.size());
    for (const Measurement* run : rounds) values.push_back(figure(*run));
    std::sort(values.begin(), values.end());
    const size_t n = values.size();
    return fixed((values[n / 2] + values[(n - 1) / 2]) / 2, 2) + " (" + fixed(values.front(), 2) + " … " +
           fixed(values.back(), 2) + ")";
}

/// One line per target and number of calls with several rounds: what the tails did from round to round.
std::string tail_summary(const std::vector<Measurement>& runs) {
    using M = const Measurement&;
    std::string out;
    for (const Measurement& run : runs) {
        const auto rounds = rounds_of(runs, run);
        if (rounds.size() < 2 || rounds.front() != &run) continue;
        out += run.target + ", " + std::to_string(run.calls) + " calls, p99 in ms over " +
               std::to_string(rounds.size()) + " rounds, median (least … most): up " +
               spread(rounds, [](M m) { return m.up.p99; }) + ", down " +
               spread(rounds, [](M m) { return m.down.p99; });
        if (run.new_calls_begun > 0)
            out += "; new calls: webhook " + spread(rounds, [](M m) { return m.fresh.webhook.p99; }) +
                   ", first frame with handshake apart " +
                   spread(rounds, [](M m) { return m.fresh.first_frame_apart.p99; });
        out += "\n";
    }
    return out;
}

std::string slo_summary(const std::vector<SloAnswer>& answers, const std::string& bullet) {
    std::string out;
    for (const SloAnswer& answer : answers) {
        out +=
            bullet + answer.target + ": " +
            (answer.largest == 0 ? "no number of calls tried held" : std::to_string(answer.largest) + " calls held") +
            " p99 added ≤ " + fixed(answer.slo_ms, 0) + " ms with no frame lost";
        if (answer.failed != 0) out += "; " + std::to_string(answer.failed) + " did not: " + answer.why;
        out += "\n";
    }
    return out;
}

/// What a table shows: every number of calls, or of a search the two that bound its answer.
std::vector<Measurement> shown_runs(const std::vector<Measurement>& runs, const std::vector<SloAnswer>& answers) {
    std::vector<Measurement> shown = median_rounds(runs);
    if (answers.empty()) return shown;
    std::erase_if(shown, [&](const Measurement& run) {
        return std::none_of(answers.begin(), answers.end(), [&](const SloAnswer& answer) {
            return answer.target == run.target && (run.calls == answer.largest || run.calls == answer.failed);
        });
    });
    return shown;
}

size_t columns(const std::string& utf8) {
    return static_cast<size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string padded(const std::string& text, size_t width, bool right) {
    const std::string blanks(width - std::min(width, columns(text)), ' ');
    return right ? blanks + text : text + blanks;
}

std::string cpu_model() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    return "unknown processor";
}

void write(JsonWriter& out, const char* name, const Quantiles& q) {
    out.key(name).begin_object().field("count", q.count).field("p50", q.p50).field("p90", q.p90);
    out.field("p99", q.p99).field("p999", q.p999).field("max", q.max).end();
}

void write(JsonWriter& out, const char* name, const Delivery& d) {
    out.key(name).begin_object().field("sent", d.sent).field("received", d.received).field("lost", d.lost);
    out.field("duplicated", d.duplicated).field("reordered", d.reordered).field("corrupted", d.corrupted);
    out.field("silence_bytes", d.silence_bytes).field("stray_bytes", d.stray_bytes).end();
}

void write(JsonWriter& out, const char* name, const StartFigures& s) {
    out.key(name).begin_object();
    write(out, "webhook_ms", s.webhook);
    write(out, "first_frame_ms", s.first_frame);
    write(out, "handshake_ms", s.handshake);
    write(out, "first_frame_handshake_apart_ms", s.first_frame_apart);
    write(out, "caught_up_ms", s.caught_up);
    write(out, "up_later_ms", s.later);
    out.field("frames_before_settings_applied", s.waited).end();
}

void write_run(JsonWriter& out, const std::vector<Measurement>& runs, size_t index) {
    const Measurement& m = runs[index];
    out.begin_object().field("target", m.target).field("calls", m.calls).field("calls_up", m.calls_up);
    out.key("failures").begin_object();
    for (const auto& [reason, count] : m.failures) out.field(reason, count);
    out.end().field("seconds", m.seconds).field("cpu_ms_per_call_second", m.cpu_ms_per_call_second);
    const std::string ratio = ratio_text(runs, index);
    out.raw_field("ratio_to_bare", ratio.empty() ? "null" : ratio);
    out.field("rig_cpu_ms_per_call_second", m.rig_cpu_ms_per_call_second);
    out.key("cpus_busy").begin_object();
    out.field("target", m.cores_target).field("rig", m.cores_rig).field("others", m.cores_others);
    out.field("stolen", m.cores_stolen).end();
    write(out, "up_ms", m.up);
    write(out, "down_ms", m.down);
    write(out, "up_from_sent_ms", m.up_from_sent);
    write(out, "down_from_sent_ms", m.down_from_sent);
    write(out, "rig_lateness_ms", m.lateness);
    write(out, "start", m.ramp);
    write(out, "frames_up", m.up_frames);
    write(out, "frames_down", m.down_frames);
    out.key("new_calls").begin_object().field("begun", m.new_calls_begun).field("up", m.new_calls_up);
    out.field("live", m.new_calls_live);
    write(out, "start", m.fresh);
    write(out, "frames_up", m.new_up_frames);
    write(out, "frames_down", m.new_down_frames);
    out.end().field("misrouted", m.misrouted).field("marks", m.marks);
    out.field("clears", m.clears).field("memory_kb_per_call", m.memory_kb_per_call);
    out.field("rss_kb_idle", m.rss_kb_idle).field("rss_kb", m.rss_kb).field("rss_kb_after", m.rss_kb_after);
    out.field("fds_per_call", m.fds_per_call).field("fds_idle", m.fds_idle).field("fds_after", m.fds_after);
    out.field("threads_idle", m.threads_idle)
        .field("threads", m.threads)
        .field("sockets_left_open", m.left_open)
        .field("clean", m.is_clean())
        .end();
}

std::string failure_lines(const std::vector<Measurement>& runs, const std::string& bullet) {
    std::string out;
    for (const Measurement& run : runs)
        for (const auto& [reason, count] : run.failures)
            out += bullet + run.target + ", " + std::to_string(run.calls) + " calls: " + std::to_string(count) + " × " +
                   reason + "\n";
    return out;
}

}  // namespace

std::string as_text(const std::vector<Measurement>& runs, const std::vector<SloAnswer>& answers) {
    const std::vector<Row> rows = rows_of(shown_runs(runs, answers));
    size_t label = 0, cell = 0;
    for (const Row& r : rows) {
        label = std::max(label, columns(r.label));
        for (const std::string& text : r.cells) cell = std::max(cell, columns(text));
    }
    std::string out;
    for (const Row& r : rows) {
        out += padded(r.label, label, false);
        for (const std::string& text : r.cells) out += "  " + padded(text, cell, true);
        out += "\n";
    }
    return out + ratio_summary(runs) + tail_summary(runs) + slo_summary(answers, "") + failure_lines(runs, "FAILED ");
}

std::string as_json(const std::vector<Measurement>& runs, const std::vector<SloAnswer>& answers,
                    const std::string& command) {
    JsonWriter out;
    out.begin_object().field("time", rfc3339(unix_ms())).field("command", command).key("runs").begin_array();
    for (size_t i = 0; i < runs.size(); ++i) write_run(out, runs, i);
    out.end().key("slo").begin_array();
    for (const SloAnswer& answer : answers) {
        out.begin_object().field("target", answer.target).field("p99_ms", answer.slo_ms);
        out.field("largest", answer.largest).field("failed", answer.failed).field("why", answer.why).end();
    }
    out.end().end();
    return out.take() + "\n";
}

std::string as_markdown(const std::vector<Measurement>& runs, const std::vector<SloAnswer>& answers,
                        const std::string& command, const std::string& title) {
    utsname system{};
    uname(&system);
    std::string out = "\n## " + (title.empty() ? "Load" : title) + ", " + rfc3339(unix_ms()).substr(0, 16) +
                      " UTC\n\n" + std::to_string(sysconf(_SC_NPROCESSORS_ONLN)) + " × " + cpu_model() + ", " +
                      system.sysname + " " + system.release + ", shared by the target and the rig.\n\n```\n" + command +
                      "\n```\n\n";
    const std::vector<Measurement> shown = shown_runs(runs, answers);
    bool head = true;
    for (const Row& r : rows_of(shown)) {
        out += "| " + (head ? std::string() : r.label) + " |";
        for (const std::string& text : r.cells) out += " " + text + " |";
        out += "\n";
        for (size_t i = 0; head && i <= shown.size(); ++i) out += i < shown.size() ? "|---" : "|---|\n";
        head = false;
    }
    const std::string notes =
        ratio_summary(runs) + tail_summary(runs) + slo_summary(answers, "- ") + failure_lines(runs, "- FAILED: ");
    return out + (notes.empty() ? "" : "\n" + notes);
}

Status append_to(const std::string& path, const std::string& text) {
    std::ofstream file(path, std::ios::app);
    file << text;
    if (!file.flush()) return fail("report", "cannot write " + path + "; does its folder exist?");
    return {};
}

}  // namespace trunkline::load
