#pragma once
// A carrier that plays in simulated time.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "engine/line/playout.h"

namespace trunkline::line {

inline constexpr int64_t kMs = 1'000'000;

/// A carrier's buffer: plays in real time, echoes marks when what was before them has played, all on clear.
class Carrier final : public Playout::Out {
  public:
    explicit Carrier(const Format& audio = Format::mulaw(4000)) : format(audio) {}
    bool takes_media() const override { return !congested; }
    bool send_media(std::span<const uint8_t> audio) override {
        EXPECT_FALSE(congested);
        if (dead) return false;
        EXPECT_FALSE(audio.empty()) << "P20: no empty media message";
        if (played_until < now) played_until = now;
        played_until += format.ns_of(static_cast<int64_t>(audio.size()));
        sent.insert(sent.end(), audio.begin(), audio.end());
        sizes.push_back(audio.size());
        times.push_back(now);
        ++messages;
        log.push_back("media");
        return true;
    }
    bool send_mark(std::string_view name) override {
        if (dead) return false;
        if (answers_marks) marks.push_back({std::string(name), std::max(now, played_until)});
        names.emplace_back(name);
        log.push_back("mark");
        return true;
    }
    bool send_clear() override {
        ++clears;
        played_until = now;
        log.push_back("clear");
        for (auto& m : marks) m.due = now;  // Twilio returns every outstanding mark
        return true;
    }
    void on_playback(const gst::Playback& p) override { reports.push_back(p); }

    /// Lets time pass to `until`, a millisecond at a time, echoing marks as they fall due.
    void run(Playout& playout, int64_t until) {
        while (now < until) {
            now += kMs;
            while (!marks.empty() && marks.front().due <= now) {
                const std::string name = marks.front().name;
                marks.erase(marks.begin());
                playout.on_mark(name, now);
            }
            const int64_t wake = playout.next_wake_ns(now);
            if (wake != 0 && wake <= now + kMs) playout.pump(now);
            ahead = std::max(ahead, (played_until - now) / kMs);
        }
    }
    size_t count(gst::Playback::State state) const {
        return static_cast<size_t>(
            std::count_if(reports.begin(), reports.end(), [&](const auto& r) { return r.state == state; }));
    }

    struct Mark {
        std::string name;
        int64_t due;
    };
    Format format;
    bool dead = false, congested = false, answers_marks = true;
    int64_t now = 1'000 * kMs, played_until = 0, ahead = 0;
    std::vector<uint8_t> sent;
    std::vector<size_t> sizes;   // of the messages
    std::vector<int64_t> times;  // … and when they came
    std::vector<Mark> marks;
    std::vector<std::string> names, log;
    int clears = 0, messages = 0;
    std::vector<gst::Playback> reports;
};

/// μ-law's milliseconds.
inline std::vector<uint8_t> tone(int64_t ms) {
    std::vector<uint8_t> bytes(static_cast<size_t>(ms) * 8);
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i % 251);
    return bytes;
}

}  // namespace trunkline::line
