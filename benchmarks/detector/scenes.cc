#include "benchmarks/detector/scenes.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

#include "lab/speech/detector.h"

namespace trunkline::detector {
namespace {

using lab::RecordingPtr;
using lab::Samples;
constexpr size_t kRate = lab::kTelephoneRate;
constexpr size_t kLead = kRate * 3 / 2;  // line noise before anything happens

class Maker {
  public:
    explicit Maker(uint64_t seed) : random_(seed) {}

    /// Gaussian noise at `dbfs` of a colour: each sample keeps `memory` of the one before.
    Samples noise(size_t length, double dbfs, double memory) {
        std::normal_distribution<double> normal;
        const double scale = 32768 * std::pow(10, dbfs / 20) * std::sqrt(1 - memory * memory);
        double last = 0;
        Samples out(length);
        for (int16_t& s : out) {
            last = memory * last + scale * normal(random_);
            s = clip(last);
        }
        return out;
    }
    static int16_t clip(double value) { return static_cast<int16_t>(std::clamp(value, -32768.0, 32767.0)); }
    static void add(Samples& to, const Samples& what, size_t at, double db) {
        const double gain = std::pow(10, db / 20);
        for (size_t i = 0; i < what.size() && at + i < to.size(); ++i) to[at + i] = clip(to[at + i] + gain * what[i]);
    }
    /// What the line does to it; a whole number of frames.
    static Scene scene(Samples caller, Samples agent, int64_t onset) {
        caller.resize(caller.size() / 160 * 160);
        agent.resize(caller.size(), 0);
        return {lab::ulaw_round_trip(caller), lab::ulaw_round_trip(agent), onset};
    }
    double between(double from, double to) { return std::uniform_real_distribution<double>(from, to)(random_); }

  private:
    std::mt19937_64 random_;
};

/// Where a recording begins to be heard; -1 when it is too quiet.
int64_t onset_of(const Samples& samples) {
    lab::SpeechDetector detector;
    for (size_t at = 0; at + 160 <= samples.size(); at += 160) {
        using Event = lab::SpeechDetector::Event;
        if (detector.frame({samples.data() + at, 160}) == Event::kBegan) return detector.onset();
    }
    return -1;
}

Scene speech_scene(Maker& maker, const RecordingPtr& said, double db, const Samples& agent, double echo_db) {
    const size_t lead = agent.empty() ? kLead : kRate * 4;
    const size_t most = lead + std::min(said->samples.size(), kRate * 2);
    Samples caller = maker.noise(most, -65, 0.5);
    Maker::add(caller, said->samples, lead, db);
    Samples sent(most, 0);
    for (size_t at = 0; !agent.empty() && at < most; at += agent.size()) Maker::add(sent, agent, at, 0);
    if (!agent.empty()) Maker::add(caller, sent, kRate / 5, echo_db);
    return Maker::scene(std::move(caller), std::move(sent), static_cast<int64_t>(lead) + onset_of(said->samples));
}

Group speech(Maker& maker, const std::vector<RecordingPtr>& all, std::string name, double db, bool over_agent) {
    Group group{std::move(name), true, {}};
    for (size_t i = 0; i < all.size(); ++i) {
        const Samples agent = over_agent ? all[(i + 1) % all.size()]->samples : Samples();
        group.scenes.push_back(speech_scene(maker, all[i], db, agent, -25));
    }
    return group;
}

/// Noise that sets in suddenly, steady or swelling four times a second, of every colour.
Group noises(Maker& maker) {
    Group group{"noise", false, {}};
    for (const double dbfs : {-45.0, -40.0, -35.0, -30.0, -25.0, -20.0}) {
        for (const double memory : {0.0, 0.5, 0.8, 0.95}) {
            for (int i = 0; i < 10; ++i) {
                Samples caller = maker.noise(kLead + kRate * 4, -65, 0.5);
                Samples loud = maker.noise(kRate * 4, dbfs, memory);
                for (size_t n = 0; i % 2 == 1 && n < loud.size(); ++n) {
                    const double swell =
                        0.5 + 0.5 * std::sin(2 * std::numbers::pi * 4 * static_cast<double>(n) / kRate);
                    loud[n] = Maker::clip(loud[n] * swell);
                }
                Maker::add(caller, loud, kLead, 0);
                group.scenes.push_back(Maker::scene(std::move(caller), {}, -1));
            }
        }
    }
    return group;
}

Group echoes(Maker& maker, const std::vector<RecordingPtr>& all) {
    Group group{"echo", false, {}};
    size_t next = 0;
    for (const double db : {-20.0, -25.0, -30.0, -35.0}) {
        for (const size_t ms : {100U, 200U, 300U, 400U}) {
            for (int i = 0; i < 20; ++i) {
                Samples sent(kRate / 2, 0);
                for (int n = 0; n < 3; ++n) {
                    const Samples& more = all[next++ % all.size()]->samples;
                    sent.insert(sent.end(), more.begin(), more.end());
                }
                sent.resize(std::min(sent.size() + kRate, kRate * 12), 0);
                Samples caller = maker.noise(sent.size(), -65, 0.5);
                Maker::add(caller, sent, ms * kRate / 1000, db);
                group.scenes.push_back(Maker::scene(std::move(caller), std::move(sent), -1));
            }
        }
    }
    return group;
}

Result<Group> spoken(Maker& maker, std::string name, const std::vector<const char*>& lines) {
    Group group{std::move(name), false, {}};
    for (const char* voice : {"en-us", "en-gb", "en-us+f2", "en-us+f4", "en-us+m3", "en-us+m7"}) {
        for (const int pace : {120, 165}) {
            lab::SpeechOptions options;
            options.voice = voice;
            options.words_per_minute = pace;
            auto speech = lab::SpeechLibrary::open(options);
            if (!speech) return tl::unexpected<Error>(speech.error());
            for (const char* line : lines) {
                auto said = (*speech)->line(line);
                if (!said) return tl::unexpected<Error>(said.error());
                // As loud as the recordings, and half and a quarter of it.
                const double level = lab::level_dbfs((*said)->samples);
                for (const double wanted : {-20.0, -26.0, -32.0}) {
                    Samples caller = maker.noise(kLead + (*said)->samples.size() + kRate / 2, -65, 0.5);
                    Maker::add(caller, (*said)->samples, kLead, wanted - level);
                    group.scenes.push_back(Maker::scene(std::move(caller), {}, -1));
                }
            }
        }
    }
    return group;
}

Group silences(Maker& maker) {
    Group group{"silence", false, {}};
    for (int i = 0; i < 60; ++i) {
        Samples caller = maker.noise(kRate * 10, maker.between(-80, -50), maker.between(0, 0.9));
        group.scenes.push_back(Maker::scene(std::move(caller), {}, -1));
    }
    return group;
}

}  // namespace

Result<std::vector<Group>> make_groups(lab::SpeechLibrary& speech_library, const SceneOptions& options) {
    std::vector<RecordingPtr> all;
    const auto names = speech_library.names();
    const size_t step = std::max<size_t>(1, names.size() / std::max<size_t>(options.recordings, 1));
    for (size_t i = 0; i < names.size() && all.size() < options.recordings; i += step) {
        auto recording = speech_library.recorded(names[i]);
        if (!recording) return tl::unexpected<Error>(recording.error());
        if (onset_of((*recording)->samples) >= 0) all.push_back(std::move(*recording));
    }
    Maker maker(options.seed);
    std::vector<Group> groups;
    groups.push_back(speech(maker, all, "speech", 0, false));
    groups.push_back(speech(maker, all, "speech -12 dB", -12, false));
    groups.push_back(speech(maker, all, "speech over the agent", 0, true));
    groups.push_back(speech(maker, all, "speech -6 dB over the agent", -6, true));
    groups.push_back(noises(maker));
    groups.push_back(echoes(maker, all));
    auto hums = spoken(maker, "back-channel mm-hm", {"[[m'mh'm]]", "[[mh'm]]", "[[m:]]", "[[m'm:]]"});
    if (!hums) return tl::unexpected<Error>(hums.error());
    groups.push_back(std::move(*hums));
    auto words = spoken(maker, "back-channel uh-huh, yeah", {"uh-huh", "yeah", "okay"});
    if (!words) return tl::unexpected<Error>(words.error());
    groups.push_back(std::move(*words));
    groups.push_back(silences(maker));
    return groups;
}

}  // namespace trunkline::detector
