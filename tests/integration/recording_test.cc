// A recorded call: both legs are in the file, where and as they were heard, also of a call that was cut by kill -9.
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <cmath>
#include <filesystem>

#include "lab/speech/pcm.h"
#include "lab/speech/wav.h"
#include "tests/integration/process_rig.h"
#include "tests/integration/rig.h"
#include "tests/support/temp_folder.h"

namespace trunkline::test {
namespace {

using namespace std::chrono_literals;
using lab::CallResult;
using lab::Samples;

struct Folder {
    /// The one file in it, "" when there is none.
    std::string only() const {
        std::string found;
        for (const auto& entry : std::filesystem::directory_iterator(path)) found = entry.path().string();
        return found;
    }
    TempFolder made;
    const std::string path = made.path();
};

const char* const kLinks = "  kept: caller -> rec.caller\n  ear: line.heard -> rec.agent\n  told: rec.events -> db\n";
std::string node(const Folder& folder) { return "  rec: {element: recordsink, directory: \"" + folder.path + "\"}\n"; }

Samples channel(const lab::Wav& wav, size_t which) {
    Samples one;
    for (size_t i = which; i < wav.samples.size(); i += 2) one.push_back(wav.samples[i]);
    return one;
}

/// Where `what` lies in `in`, sample by sample the same; -1 when it does not.
int64_t find(const Samples& in, const Samples& what) {
    const auto at = std::search(in.begin(), in.end(), what.begin(), what.end());
    return at == in.end() ? -1 : at - in.begin();
}

/// The part of a recording that is not silent at its ends.
Samples voiced(const Samples& all) {
    const auto loud = [](int16_t s) { return std::abs(s) > 200; };
    const auto first = std::find_if(all.begin(), all.end(), loud);
    const auto last = std::find_if(all.rbegin(), all.rend(), loud).base();
    return first < last ? Samples(first, last) : Samples{};
}

bool spoken(const CallResult& c, size_t spans) {
    return !c.streams.empty() && c.stream().agent_speech.size() >= spans && !c.stream().agent_speaking();
}

TEST(Recording, BothLegsOfACallAreInTheFileSampleBySample) {
    Folder folder;
    RigOptions options;
    options.extra_nodes = node(folder);
    options.extra_links = kLinks;
    options.deepgram = quick_agent();
    options.deepgram.brain.greeting = "auth-thankyou";  // short
    Rig rig(options);
    auto call = rig.call();
    ASSERT_TRUE(call->wait_for([](const CallResult& c) { return spoken(c, 1); }, 60s)) << "no greeting";
    rig.say(*call, "vm-goodbye");
    ASSERT_TRUE(call->wait_for([](const CallResult& c) { return spoken(c, 2); }, 60s)) << "no answer";
    call->hang_up();
    const std::string id = rig.ended_call(call->result().call_sid, 60'000);
    expect_one_clean_end(rig, id);

    const auto started = rig.facts(id, "recording.started"), stopped = rig.facts(id, "recording.stopped");
    ASSERT_EQ(started.size(), 1U);
    ASSERT_EQ(stopped.size(), 1U);
    EXPECT_EQ(started[0]["location"].text_or(""), folder.path + "/" + id + ".wav");
    EXPECT_EQ(stopped[0]["lost_ms"].int_or(-1), 0);
    rig.stop_server();
    const auto wav = lab::read_wav(folder.path + "/" + id + ".wav");
    ASSERT_TRUE(wav) << wav.error().message;
    ASSERT_EQ(wav->channels, 2);
    const Samples left = channel(*wav, 0), right = channel(*wav, 1);
    EXPECT_NEAR(static_cast<double>(left.size()) / 8, static_cast<double>(stopped[0]["duration_ms"].int_or(0)), 1);

    // Left: what the caller said. Right: greeting and answer, as the caller heard them.
    const CallResult result = call->result();
    auto caller = rig.speech().speech("vm-goodbye");
    ASSERT_TRUE(caller);
    const int64_t said_at = find(left, voiced(lab::ulaw_round_trip((*caller)->samples)));
    EXPECT_GE(said_at, 0) << "the caller's words are not in the left channel";
    const Samples heard = lab::ulaw_decode(std::span<const uint8_t>(result.stream().heard));
    for (const auto& span : result.stream().agent_speech) {
        const Samples reply(heard.begin() + span.first, heard.begin() + span.last + 1);
        const int64_t at = find(right, reply);
        ASSERT_GE(at, 0) << "a reply is not in the right channel as it was heard";
        // The same distance to the caller's words as at the caller's end, but for the way between the two.
        const auto in_file = static_cast<double>(at - said_at) / 8;
        const auto in_call = static_cast<double>(span.first - result.stream().said[0].first) / 8;
        EXPECT_NEAR(in_file, in_call, 1'000);
    }
}

TEST(Recording, P1WhatAnInterruptionClearedIsNotInTheRecording) {
    Folder folder;
    RigOptions options;
    options.extra_nodes = node(folder);
    options.extra_links = kLinks;
    options.deepgram = quick_agent();
    options.deepgram.pacing.factor = 50;  // the whole reply is at the carrier long before it has played
    options.line = "{element: callsink, send-ahead: 60s}";
    Rig rig(options);
    auto call = rig.call();
    // So that there is something to find before the cut.
    ASSERT_TRUE(call->wait_for(
        [](const CallResult& c) {
            return !c.streams.empty() && c.stream().agent_speaking() &&
                   c.stream().last_audible > c.stream().agent_speech[0].first + 4'000;
        },
        60s));
    rig.say(*call, "vm-goodbye");
    ASSERT_TRUE(call->wait_for([](const CallResult& c) { return c.stream().clears() == 1; }, 60s)) << "no clear";
    ASSERT_TRUE(call->wait_for([](const CallResult& c) { return c.stream().agent_speech.size() == 2; }, 60s));
    call->hang_up();
    const std::string id = rig.ended_call(call->result().call_sid, 60'000);
    rig.stop_server();
    const auto wav = lab::read_wav(folder.path + "/" + id + ".wav");
    ASSERT_TRUE(wav) << wav.error().message;

    const CallResult result = call->result();
    const Samples right = channel(*wav, 1);
    const Samples heard = lab::ulaw_decode(std::span<const uint8_t>(result.stream().heard));
    const auto& cut = result.stream().agent_speech[0];
    auto greeting = rig.speech().speech("demo-thanks");
    ASSERT_TRUE(greeting);
    ASSERT_LT(cut.last - cut.first, static_cast<int64_t>((*greeting)->samples.size()) - 8'000) << "it was not cut";
    const int64_t begins = find(right, Samples(heard.begin() + cut.first, heard.begin() + cut.first + 2'000));
    ASSERT_GE(begins, 0);
    // In the file the reply goes on as long as it was heard: the way of the `clear` to the carrier is all that differs.
    const Samples whole = lab::ulaw_round_trip((*greeting)->samples);
    int64_t same = 0;
    const auto in_whole = std::search(whole.begin(), whole.end(), right.begin() + begins, right.begin() + begins + 800);
    ASSERT_NE(in_whole, whole.end());
    while (in_whole + same < whole.end() && right[static_cast<size_t>(begins + same)] == in_whole[same]) ++same;
    EXPECT_NEAR(static_cast<double>(same) / 8, static_cast<double>(cut.last - cut.first) / 8, 1'000);
    EXPECT_LT(same, whole.end() - in_whole - 4'000) << "the rest of the reply was recorded though nobody heard it";
}

TEST(Recording, HostileNumbersAndAFullDirectoryDoNotHurtTheCall) {
    Folder folder;
    RigOptions options;
    options.extra_nodes = "  rec: {element: recordsink, directory: \"" + folder.path +
                          "\", location: \"${call.from}/{call_id}\"}\n"
                          "  none: {element: recordsink, directory: /proc/none}\n";
    options.extra_links = std::string(kLinks) + "  lost: caller -> none.caller\n  why: none.events -> db\n";
    Rig rig(options);
    auto call = rig.call([](auto& o) { o.from = "../../../tmp/evil"; });
    ASSERT_TRUE(
        call->wait_for([](const CallResult& c) { return !c.streams.empty() && c.stream().agent_speaking(); }, 60s));
    ASSERT_TRUE(rig.wait_sql("select 1 from call_events where type = 'recording.stopped'", 1, 60'000));
    call->hang_up();
    const std::string id = rig.ended_call(call->result().call_sid, 60'000);
    expect_one_clean_end(rig, id);
    rig.stop_server();
    EXPECT_TRUE(lab::read_wav(folder.path + "/_./_./_./tmp/evil/" + id + ".wav"));
    size_t failed = 0;
    for (const Json& fact : rig.facts(id, "recording.stopped")) failed += fact["error"].text().has_value();
    EXPECT_EQ(failed, 1U) << "the one that cannot be made says so";
}

int run(const std::string& command) { return std::system((command + " > /dev/null 2>&1").c_str()); }

TEST(Recording, P18AKilledEngineLeavesAFileThatEveryReaderTakes) {
    Folder folder;
    ProcessRig rig(node(folder), "db", kLinks);
    rig.start().wait_until_ready();
    auto call = rig.call();
    ASSERT_TRUE(eventually([&] {
        const auto wav = lab::read_wav(folder.only());
        return wav && wav->samples.size() > 2U * 16'000;
    }));
    EXPECT_EQ(rig.engine().stop(SIGKILL), 128 + SIGKILL);
    const std::string file = folder.only();
    const auto wav = lab::read_wav(file);
    ASSERT_TRUE(wav) << wav.error().message;
    EXPECT_EQ(wav->samples.size() * 2 + 44, std::filesystem::file_size(file)) << "the header knows all that is there";
    EXPECT_EQ(run("sox '" + file + "' -n stat"), 0);
    EXPECT_EQ(run("python3 -c \"import wave, sys; w = wave.open('" + file +
                  "'); sys.exit(w.getnchannels() != 2 or len(w.readframes(w.getnframes())) != 4 * w.getnframes())\""),
              0);
    const CallResult result = call->result();
    const Samples heard = lab::ulaw_decode(std::span<const uint8_t>(result.stream().heard));
    const auto& greeting = result.stream().agent_speech[0];
    EXPECT_GE(find(channel(*wav, 1), Samples(heard.begin() + greeting.first, heard.begin() + greeting.first + 4'000)),
              0);
    EXPECT_EQ(rig.sql("select count(*) from call_events where type = 'recording.started'"), (StoredRows{{"1"}}))
        << "the database says where it is";
}

}  // namespace
}  // namespace trunkline::test
