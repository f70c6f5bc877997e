// Interruptions measured at the caller's ear, in every cell: real speech over a reply, from its first loud sample to
// the carrier's clear and to the last sample of the cancelled reply that was heard; and what must not interrupt. In CI
// a few of each, for what must hold whatever the time: no interruption is missed, nothing of a cancelled reply is heard
// after its clear, nothing but speech cuts. By hand many, with the times as a table (docs/bargein.md):
//
//   TRUNKLINE_INTERRUPTIONS=200 integration_bargein
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>

#include "tests/integration/grid/grid_rig.h"

namespace trunkline::test {
namespace {

using namespace std::chrono_literals;
using lab::CallResult;
using lab::Samples;

constexpr const char* kReply = "basic-pbx-ivr-main";  // half a minute
constexpr std::array kWords = {"conf-getconfno", "check-number-dial-again", "agent-pass", "agent-newlocation",
                               "conf-invalid"};
constexpr size_t kPerCall = 25;

size_t wanted() {
    const char* given = getenv("TRUNKLINE_INTERRUPTIONS");
    return given ? std::strtoul(given, nullptr, 10) : 1;
}

/// Of one cell, over all its calls.
struct Measured {
    std::vector<double> to_clear, to_last, signal_to_clear;  // ms
    size_t stale = 0, scenes = 0, cuts = 0;
};

/// The rig for one setting of bargein, with as many calls per cell as it takes to be done in a few minutes.
GridOptions options(const std::string& gate, size_t scenes) {
    GridOptions o;
    o.agent = std::string("greeting: ") + kReply + "\n";
    o.gate = gate;
    o.limits = "{call: 30m, silence: 2m}";
    o.brain.callers.assign(kWords.begin(), kWords.end());
    o.brain.fallback.say = {kReply};
    for (const auto& cell : grid_cells()) o.cells.insert(o.cells.end(), (scenes + kPerCall - 1) / kPerCall, cell);
    return o;
}

/// Where a recording begins to be speech.
int64_t first_loud(const Samples& samples) {
    for (size_t at = 0; at + 160 <= samples.size(); at += 160) {
        int most = 0;
        for (size_t i = at; i < at + 160; ++i) most = std::max(most, std::abs(static_cast<int>(samples[i])));
        if (most > 1'000) return static_cast<int64_t>(at);
    }
    return 0;
}

/// The caller speaks over the reply; the times go to `measured`.
void interrupt(Cell& cell, const std::string& words, const Samples& samples, Measured& measured) {
    const int before = cell.call->clears();
    if (!cell.say(words, samples) || !cell.cleared(before + 1)) return;
    cell.need(cell.call->wait_for([](const CallResult& c) { return c.stream().said.back().last >= 0; }, 60s),
              "what the caller says does not end");
    cell.call->wait_for(
        [&](const CallResult& c) {
            const auto& s = c.stream();
            const int64_t onset = s.said.back().first + first_loud(samples);
            const auto clear = static_cast<int64_t>((s.clears_ms[static_cast<size_t>(before)] - s.started_ms) * 8);
            int64_t last = onset;
            for (const auto& span : s.agent_speech) {
                if (span.first < clear) last = std::max(last, std::min(span.last, clear + 160));
                // One tick of the carrier may be on its way; the next reply waits for the end of what the caller says.
                if (span.first >= clear + 160 && span.first < s.said.back().last) ++measured.stale;
            }
            measured.to_clear.push_back(static_cast<double>(clear - onset) / 8);
            measured.to_last.push_back(static_cast<double>(last - onset) / 8);
            return true;
        },
        60s);
}

double at(std::vector<double> values, double share) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1) + 0.5)];
}

std::string percentiles(const std::vector<double>& ms) {
    char text[64];
    std::snprintf(text, sizeof text, "%.0f / %.0f / %.0f", at(ms, 0.5), at(ms, 0.95), at(ms, 0.99));
    return text;
}

/// Adds up the calls of each cell.
std::map<std::string, Measured> by_cell(GridRig& rig, const std::vector<Measured>& calls) {
    std::map<std::string, Measured> cells;
    for (size_t i = 0; i < calls.size(); ++i) {
        Measured& sum = cells[rig.cells()[i]->name()];
        const auto add = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
        add(sum.to_clear, calls[i].to_clear), add(sum.to_last, calls[i].to_last);
        add(sum.signal_to_clear, calls[i].signal_to_clear);
        sum.stale += calls[i].stale, sum.scenes += calls[i].scenes, sum.cuts += calls[i].cuts;
    }
    return cells;
}

void interruptions(const std::string& title, const std::string& gate) {
    const size_t each = std::min(wanted(), kPerCall);
    GridRig rig(options(gate, wanted()));
    std::vector<Measured> calls(rig.cells().size());
    rig.play([&](Cell& cell) {
        std::mt19937 random(static_cast<unsigned>(cell.number) + 1);
        cell.begin();
        for (size_t i = 0; i < each && cell.problem.empty(); ++i) {
            const std::string words = kWords[(cell.number + i) % kWords.size()];
            if (cell.heard_agent_for(std::uniform_int_distribution<int>(500, 2'000)(random)))
                interrupt(cell, words, (*rig.speech().speech(words))->samples, calls[cell.number]);
        }
        cell.hang_up();
        for (const Json& fact : cell.facts("bargein")) {
            calls[cell.number].signal_to_clear.push_back(
                static_cast<double>(fact["cleared_t_ms"].int_or(0) - fact["onset_t_ms"].int_or(0)));
        }
        EXPECT_EQ(cell.problem, "") << cell.story();
    });
    for (const auto& [name, m] : by_cell(rig, calls)) {
        std::printf("| %s | %s | %zu | %s | %s | %s | %zu |\n", name.c_str(), title.c_str(), m.to_clear.size(),
                    percentiles(m.to_clear).c_str(), percentiles(m.to_last).c_str(),
                    percentiles(m.signal_to_clear).c_str(), m.stale);
        EXPECT_EQ(m.stale, 0U) << name << ": audio of a cancelled reply was heard after its clear";
    }
}

Samples times(Samples samples, int louder) {
    for (auto& s : samples) s = static_cast<int16_t>(std::clamp(s * louder, -32'768, 32'767));
    return samples;
}

Samples noise() {
    std::mt19937 random(7);
    std::normal_distribution<double> wave(0, 1'000);  // about -30 dBFS
    Samples samples(12'000);
    for (auto& s : samples) s = static_cast<int16_t>(std::clamp(wave(random), -30'000.0, 30'000.0));
    return samples;
}

/// What comes back of the reply by the loudspeaker and the microphone: a copy 25 dB quieter, begun when he is heard.
Samples echo(const Samples& reply) {
    Samples samples(reply.begin(), reply.begin() + 16'000);
    for (auto& s : samples) s = static_cast<int16_t>(s / 18);
    return samples;
}

void no_interruptions(const std::string& title, const std::string& gate, const std::vector<std::string>& may_cut) {
    const size_t each = std::min(wanted(), kPerCall);
    GridOptions o = options(gate, wanted());
    o.pacing = 1'000;  // the whole reply is ours before he makes a sound: what the backend does then is not measured
    GridRig rig(o);
    const Samples reply = (*rig.speech().speech(kReply))->samples;
    std::vector<Samples> hums;
    for (const char* phonemes : {"[[m'mh'm]]", "[[mh'm]]", "[[m:]]"}) {
        for (const int louder : {4, 2, 1}) hums.push_back(times((*rig.speech().speech(phonemes))->samples, louder));
    }
    const std::vector<std::pair<std::string, std::vector<Samples>>> scenes = {
        // The echo behind the silence: a backend may answer what it takes for speech, and an echo is of what is just
        // said.
        {"silence", {Samples(12'000, 0)}},
        {"echo", {echo(reply)}},
        {"noise", {noise()}},
        {"mm-hm", hums},
    };
    std::map<std::string, std::vector<Measured>> calls;
    for (const auto& [name, samples] : scenes) calls[name].resize(rig.cells().size());
    rig.play([&](Cell& cell) {
        cell.begin();
        for (size_t i = 0; i < each && cell.problem.empty(); ++i) {
            for (const auto& [name, samples] : scenes) {
                // A new reply for each, so that none ends in between.
                const int before = cell.call->clears();
                Measured& m = calls[name][cell.number];
                ++m.scenes;
                if (!cell.agent_speaks() || !cell.say(name, samples[i % samples.size()])) break;
                // A cut may come a little later than what causes it.
                const auto over = [](const CallResult& c) {
                    const auto& s = c.stream();
                    return s.said.back().last >= 0 && s.played >= s.said.back().last + 8 * 500;
                };
                cell.need(cell.call->wait_for(over, 60s), "what the caller says does not end");
                m.cuts += cell.call->clears() > before ? 1 : 0;
                // The backend may have taken it for speech and answered: there is a reply to interrupt soon.
                if (cell.heard_agent_for(300))
                    interrupt(cell, kWords[0], (*rig.speech().speech(kWords[0]))->samples, m);
            }
        }
        cell.hang_up();
        EXPECT_EQ(cell.problem, "") << cell.story();
    });
    for (const auto& [name, samples] : scenes) {
        for (const auto& [cell, m] : by_cell(rig, calls[name])) {
            std::printf("| %s | %s | %s | %zu of %zu |\n", cell.c_str(), title.c_str(), name.c_str(), m.cuts, m.scenes);
            if (std::find(may_cut.begin(), may_cut.end(), name) == may_cut.end()) {
                EXPECT_EQ(m.cuts, 0U) << cell << ": cut by " << name;
            }
        }
    }
}

constexpr const char* kTimes =
    "| cell | who says so | interruptions | onset → clear, ms: p50 / p95 / p99 | onset → last sample heard, ms | "
    "signal or onset in the fact → clear, ms | stale |\n"
    "|---|---|---|---|---|---|---|";

TEST(BargeIn, P1P2P3TheBackendsSignalCutsWhatTheCallerHears) {
    std::puts(kTimes);
    interruptions("backend", "source: backend\n");
}

TEST(BargeIn, P1P2P3OurOwnDetectorCutsWhatTheCallerHears) {
    std::puts(kTimes);
    interruptions("local", "source: local\n");
}

TEST(BargeIn, P4P18NoiseEchoAndSilenceCutNothing) {
    std::puts("| cell | setting | scene | cut |\n|---|---|---|---|");
    no_interruptions("local, min-speech 0", "source: local\n", {"mm-hm"});
}

TEST(BargeIn, P4P18WithMinSpeechNorDoesAgreement) {
    std::puts("| cell | setting | scene | cut |\n|---|---|---|---|");
    no_interruptions("local, min-speech 500 ms", "source: local\nmin-speech: 500ms\nprovisional: duck\n", {});
}

}  // namespace
}  // namespace trunkline::test
