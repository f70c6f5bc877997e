#include "tests/integration/audio_cell.h"

#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "lab/speech/wav.h"
#include "tests/integration/grid/grid_rig.h"
#include "tests/integration/rig.h"
#include "tests/support/temp_folder.h"

namespace trunkline::test {
namespace {

using lab::CallResult;
using lab::Samples;

constexpr const char* kName = "measured-recording";
constexpr const char* kKnown = "known";  // all that the backend would recognise: the measured one is long

/// A folder of recordings with one in it, for a simulated backend to say.
struct Sounds {
    explicit Sounds(const Samples& recording) {
        (void)lab::write_wav(folder + "/" + kName + ".wav", recording);
        (void)lab::write_wav(folder + "/" + kKnown + ".wav", std::span(recording).first(8'000));
        std::ofstream(folder + "/words.txt") << kName << ": what is measured\n" << kKnown << ": its beginning\n";
        if (std::system(("gzip " + folder + "/words.txt").c_str()) != 0) std::abort();
    }
    lab::SpeechOptions options() const {
        lab::SpeechOptions o;
        o.sounds_dir = folder;
        o.transcripts = folder + "/words.txt.gz";
        return o;
    }
    TempFolder made;
    const std::string folder = made.path();
};

std::chrono::milliseconds patience(const Samples& recording) {
    return std::chrono::milliseconds(60'000 + 2 * static_cast<int64_t>(recording.size()) / 8);
}

/// Linear samples in a backend's bytes.
Samples linear(const std::vector<uint8_t>& bytes, bool mulaw) {
    if (mulaw) return lab::ulaw_decode(std::span<const uint8_t>(bytes));
    Samples out(bytes.size() / 2);
    for (size_t i = 0; i < out.size(); ++i)
        out[i] = static_cast<int16_t>(static_cast<uint16_t>(bytes[2 * i] | bytes[2 * i + 1] << 8));
    return out;
}

Samples cut(const Samples& all, int64_t from, int64_t to) {
    const auto size = static_cast<int64_t>(all.size());
    from = std::clamp<int64_t>(from, 0, size);
    return {all.begin() + from, all.begin() + std::clamp<int64_t>(to, from, size)};
}

/// What the agent of the cell speaks on its wire.
struct AgentFormat {
    int in_rate = 0, out_rate = 0;  ///< 0: mu-law at 8 kHz
};

RigOptions options_of(const AgentFormat& format, const Sounds& sounds, bool is_long) {
    RigOptions o;
    o.gate = "{element: bargein, enabled: false}";
    o.deepgram.port = 0;
    o.deepgram.speech = sounds.options();
    o.deepgram.brain.greeting = kName;
    o.deepgram.brain.callers = {kKnown};
    o.deepgram.brain.fallback.say.clear();
    o.deepgram.latency.scale = 0.1;
    // Early, so that a machine that stops for a moment makes no gap; but ten minutes must not wait for the caller at
    // once.
    o.deepgram.pacing.factor = is_long ? 1.5 : 50;
    o.deepgram.pacing.burst_ms = 2'000;
    o.deepgram.keep_audio_in = 256U << 20;
    // The agent takes and gives what it is asked for; filters that ask for linear audio bring the converters in.
    const auto filter = [](const char* name, int rate) {
        return "  " + std::string(name) +
               ": {element: capsfilter, caps: \"audio/x-raw, format=S16LE, layout=interleaved, channels=1, rate=" +
               std::to_string(rate) + "\"}\n";
    };
    if (format.in_rate != 0) {
        o.heard = "caller -> up -> agent";
        o.extra_nodes += filter("up", format.in_rate);
    }
    if (format.out_rate != 0) {
        o.said = "agent -> down -> gate -> line";
        o.extra_nodes += filter("down", format.out_rate);
        o.agent = ", output-format: linear16, output-rate: " + std::to_string(format.out_rate);
    }
    return o;
}

AudioRun twilio_deepgram(const AgentFormat& format, const Samples& recording) {
    const Sounds sounds(recording);
    Rig rig(options_of(format, sounds, recording.size() > 60U * 8'000));
    AudioRun run;
    run.up.copied = format.in_rate == 0, run.down.copied = format.out_rate == 0;
    run.down.ends_in_mulaw = true;
    run.up.sent_rate = run.down.got_rate = 8'000;
    run.up.got_rate = format.in_rate != 0 ? format.in_rate : 8'000;
    run.down.sent_rate = format.out_rate != 0 ? format.out_rate : 8'000;

    const auto wait = patience(recording);
    const auto wait_ms = static_cast<int>(wait.count());
    auto talker = rig.call();
    if (!rig.agent().wait([](const auto& s) { return s.size() == 1 && s[0].applied_ms >= 0; }, wait_ms))
        return run.up.problem = run.down.problem = "the first call did not reach its agent", run;
    auto listener = rig.call();
    talker->say(kName, recording);
    const auto length = static_cast<int64_t>(recording.size());
    if (!talker->wait_for(
            [](const CallResult& c) {
                return !c.streams.empty() && !c.stream().said.empty() && c.stream().said[0].last >= 0 &&
                       static_cast<int64_t>(c.stream().spoken.size()) >= c.stream().said[0].last + 4'000;
            },
            wait))
        run.up.problem = "the caller did not come to his end";
    if (!listener->wait_for(
            [length](const CallResult& c) {
                return !c.streams.empty() && !c.stream().agent_speech.empty() &&
                       c.stream().played >= c.stream().agent_speech[0].first + length + 4'000;
            },
            wait))
        run.down.problem = "the agent did not come to its end";
    for (auto* call : {talker.get(), listener.get()}) call->hang_up();
    for (auto* call : {talker.get(), listener.get()}) {
        if (rig.ended_call(call->result().call_sid, wait_ms).empty())
            run.up.problem = run.down.problem = "a call did not end";
    }

    const CallResult said = talker->result();
    const auto& words = said.stream().said.at(0);
    run.up.sent = cut(linear(said.stream().spoken, true), words.first, words.last);
    run.up.got = linear(rig.agent().sessions().at(0).audio_in, format.in_rate == 0);
    run.down.sent =
        format.out_rate == 0 ? lab::ulaw_round_trip(recording) : lab::resample(recording, 8'000, format.out_rate);
    run.down.got = linear(listener->result().stream().heard, true);
    return run;
}

/// Samples that were sent or played at `rate`, between two positions that count 8 kHz samples.
Samples cut_at(const Samples& all, int rate, int64_t from, int64_t to) {
    return cut(all, from * rate / 8'000, to * rate / 8'000);
}

/// A cell with the graph that users get; the caller is not made louder, so that what comes can be compared.
AudioRun grid_cell(const std::string& carrier, const std::string& backend, const Samples& recording) {
    const Sounds sounds(recording);
    const bool is_long = recording.size() > 60U * 8'000;
    GridOptions o;
    o.cells = {{carrier, backend}};
    o.agent = std::string("greeting: ") + kName + "\n";
    o.gate = "enabled: false\n";
    o.louder = "gain: 1\nceiling: 1\n";
    o.limits = "{call: 30m, silence: 20m}";
    o.pacing = is_long ? 1.5 : 50;
    o.burst_ms = 2'000;
    o.brain.callers = {kKnown};
    o.brain.fallback.say.clear();
    o.speech = sounds.options();
    o.keep_audio_in = 256U << 20;
    GridRig rig(o);
    Cell& cell = *rig.cells()[0];
    const bool vonage = carrier == "vonage", hume = backend == "hume";
    AudioRun run;
    run.up.copied = run.down.copied = vonage && !hume;
    run.up.sent_rate = run.down.got_rate = vonage ? 16'000 : 8'000;
    run.up.got_rate = vonage || hume ? 16'000 : 8'000;
    run.down.sent_rate = hume ? 48'000 : run.down.got_rate;
    run.down.ends_in_mulaw = !vonage;

    const auto wait = patience(recording);
    auto talker = rig.dial(cell);
    if (!cell.agent->wait([](const auto& s) { return s.size() == 1 && s[0].audio_frames_in > 0; },
                          static_cast<int>(wait.count())))
        return run.up.problem = run.down.problem = "the first call did not reach its agent", run;
    auto listener = rig.dial(cell);
    talker->say(kName, recording);
    const auto length = static_cast<int64_t>(recording.size());
    if (!talker->wait_for(
            [](const CallResult& c) {
                return !c.stream().said.empty() && c.stream().said[0].last >= 0 &&
                       static_cast<int64_t>(c.stream().spoken.size()) >= c.stream().said[0].last + 4'000;
            },
            wait))
        run.up.problem = "the caller did not come to his end";
    if (!listener->wait_for(
            [length](const CallResult& c) {
                return !c.stream().agent_speech.empty() &&
                       c.stream().played >= c.stream().agent_speech[0].first + length + 4'000;
            },
            wait))
        run.down.problem = "the agent did not come to its end";
    for (auto* call : {talker.get(), listener.get()}) call->hang_up();
    if (!cell.agent->wait([](const auto& s) { return s.size() == 2 && !s[0].open() && !s[1].open(); }))
        run.up.problem = run.down.problem = "a call did not end";

    const CallResult said = talker->result(), heard = listener->result();
    if (said.stream().said.empty()) return run;
    const auto& words = said.stream().said[0];
    run.up.sent = vonage ? cut_at(said.stream().spoken_pcm, run.up.sent_rate, words.first, words.last)
                         : cut(linear(said.stream().spoken, true), words.first, words.last);
    run.up.got = linear(cell.agent->sessions().at(0).audio_in, !vonage && !hume);
    run.down.sent = lab::resample(recording, 8'000, run.down.sent_rate);
    run.down.got = vonage ? heard.stream().heard_pcm : linear(heard.stream().heard, true);
    return run;
}

}  // namespace

std::vector<AudioCell> audio_cells() {
    return {
        {"twilio x hume", [](const Samples& r) { return grid_cell("twilio", "hume", r); }},
        {"vonage x deepgram", [](const Samples& r) { return grid_cell("vonage", "deepgram", r); }},
        {"vonage x hume", [](const Samples& r) { return grid_cell("vonage", "hume", r); }},
        {"twilio x deepgram, mu-law", [](const Samples& r) { return twilio_deepgram({}, r); }},
        {"twilio x deepgram, 16k/24k",
         [](const Samples& r) {
             return twilio_deepgram({16'000, 24'000}, r);
         }},
    };
}

}  // namespace trunkline::test
