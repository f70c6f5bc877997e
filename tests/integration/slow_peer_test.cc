// Peers that stop reading: the carrier, the voice agent, a webhook receiver. Memory stays bounded, what is given up is
// given up as docs/slow-peers.md says, and marks, clears and closes pass in their order.
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "engine/core/base64.h"
#include "tests/integration/hostile_peers.h"
#include "tests/integration/receiver.h"
#include "tests/integration/rig.h"
#include "tests/support/eventually.h"
#include "tests/support/listening_socket.h"
#include "tests/support/scripted_agent.h"
#include "tests/unit/net/support.h"

namespace trunkline::test {
namespace {

using namespace std::chrono_literals;

constexpr int kSmallBuffer = 8'192;
constexpr const char* kSid = "CAffffffffffffffffffffffffffffff01";

/// Speech whose every four bytes are their own number: what is missing of it can be told.
std::string numbered_audio(uint32_t from, size_t bytes) {
    std::string audio;
    for (uint32_t n = from; audio.size() < bytes; ++n) {
        for (int shift = 0; shift < 32; shift += 8) audio += static_cast<char>(n >> shift & 0xFF);
    }
    return audio;
}

uint32_t number_at(const std::string& audio, size_t at) {
    uint32_t n = 0;
    for (size_t i = 0; i < 4; ++i) n |= static_cast<uint32_t>(static_cast<uint8_t>(audio[at + i])) << (8 * i);
    return n;
}

/// A carrier that reads only when it is told to.
class Carrier {
  public:
    explicit Carrier(Rig& rig) : peer_(media_peer(rig.port(), kSid, kSmallBuffer)) {
        peer_->send(frame(kText, start_message(kSid)) + frame(kText, media_message()));
    }
    bool talk(std::chrono::milliseconds length) {
        for (auto left = length; left > 0ms; left -= 20ms) {
            if (!peer_->send(frame(kText, media_message()))) return false;
            std::this_thread::sleep_for(20ms);
        }
        return true;
    }
    /// Reads until `done` holds for what was heard; false at the end of the connection.
    bool read_until(const std::function<bool()>& done) {
        return peer_->read_until([&](const std::string&) {
            for (const Frame& one : take_frames(peer_->received)) on_frame(one);
            return done();
        });
    }
    void send(const std::string& bytes) { peer_->send(bytes); }
    HostilePeer& peer() { return *peer_; }

    std::string audio;               ///< since the last clear
    std::string before_clear;        ///< … before it
    std::vector<std::string> marks;  ///< since the last clear
    int clears = 0;
    int close_code = 0;

  private:
    void on_frame(const Frame& one) {
        if (one.opcode == kClose && one.payload.size() >= 2) {
            close_code = static_cast<uint8_t>(one.payload[0]) << 8 | static_cast<uint8_t>(one.payload[1]);
        }
        if (one.opcode != kText) return;
        const auto message = Json::parse(one.payload);
        ASSERT_TRUE(message) << one.payload;
        const std::string event = (*message)["event"].text_or("");
        if (event == "media") {
            const auto bytes = base64_decode((*message)["media"]["payload"].text_or(""));
            ASSERT_TRUE(bytes);
            audio.append(bytes->begin(), bytes->end());
        } else if (event == "mark") {
            marks.push_back((*message)["mark"]["name"].text_or(""));
        } else if (event == "clear") {
            ++clears;
            before_clear = std::exchange(audio, {});
            marks.clear();
        }
    }
    std::unique_ptr<HostilePeer> peer_;
};

struct SlowCarrierRig {
    explicit SlowCarrierRig(const std::function<void(RigOptions&)>& change = nullptr) {
        RigOptions options;
        options.agent_url = agent.url();
        options.auth_token = "";
        options.line = "{element: callsink, send-ahead: 60s}";
        if (change) change(options);
        rig.emplace(options);
    }
    /// A reply as the agent makes it: faster than it can be heard.
    void reply(const std::string& audio) {
        agent.text(R"({"type":"AgentStartedSpeaking"})");
        for (size_t at = 0; at < audio.size(); at += 8'000) agent.binary(audio.substr(at, 8'000));
        agent.text(R"({"type":"AgentAudioDone"})");
    }
    bool is_up() {
        return eventually([&] { return !agent.log().texts("Settings").empty(); });
    }
    std::string ended() { return rig->ended_call(kSid, 60'000); }
    std::string row(const std::string& column) {
        const auto rows =
            rig->sql("select " + column + " from calls where carrier_call_id = '" + std::string(kSid) + "'");
        return rows.size() == 1 ? rows[0] : "";
    }

    ScriptedAgent agent;
    std::optional<Rig> rig;
};

TEST(SlowCarrier, LosesTheOldestAudioKeepsTheRestAndHearsClearAndCloseInOrder) {
    SlowCarrierRig s;
    Carrier carrier(*s.rig);
    ASSERT_TRUE(s.is_up());
    constexpr size_t kSecond = 8'000;
    const std::string first = numbered_audio(0, 40 * kSecond);
    s.reply(first);
    // It talks on and reads nothing: some 6 s go into buffers, 2 s may be late, what is older is given up.
    ASSERT_TRUE(carrier.talk(10s));
    ASSERT_TRUE(carrier.read_until([&] {
        const size_t size = carrier.audio.size();
        return size >= 4 && number_at(carrier.audio, size - 4) == first.size() / 4 - 1;
    }));
    size_t holes = 0;
    for (size_t at = 4; at + 4 <= carrier.audio.size(); at += 4) {
        const uint32_t before = number_at(carrier.audio, at - 4), now = number_at(carrier.audio, at);
        ASSERT_GT(now, before) << "never twice, never back";
        holes += now != before + 1;
    }
    EXPECT_GE(holes, 1U);
    EXPECT_LT(carrier.audio.size(), first.size() - kSecond / 2) << "too late for a talk";
    EXPECT_GT(carrier.audio.size(), first.size() - 12 * kSecond) << "no more than the time that it did not read";
    const size_t lost = first.size() - carrier.audio.size();

    // Again it reads nothing; the caller interrupts, and a short answer follows.
    const std::string second = numbered_audio(1U << 30, 40 * kSecond), third = numbered_audio(1U << 31, kSecond);
    s.reply(second);
    s.agent.text(R"({"type":"UserStartedSpeaking"})");
    s.reply(third);
    s.agent.text(R"({"type":"ConversationText","role":"assistant","content":"the end of it"})");
    ASSERT_TRUE(s.rig->wait_sql("select 1 from conversation_log where message = 'the end of it'", 1, 60'000));
    ASSERT_TRUE(carrier.read_until(
        [&] { return carrier.clears == 1 && carrier.audio.size() >= third.size() && !carrier.marks.empty(); }));
    EXPECT_EQ(carrier.audio, third) << "nothing of the cancelled reply follows the clear";
    EXPECT_LT(carrier.before_clear.size() - (first.size() - lost), second.size() / 2)
        << "most of it waited where the interruption could drop it";

    carrier.send(frame(kText, R"({"event":"stop","streamSid":"MZ1","stop":{"callSid":"x"}})"));
    ASSERT_TRUE(carrier.read_until([&] { return carrier.close_code != 0; }));
    EXPECT_EQ(carrier.close_code, 1000);
    EXPECT_FALSE(s.ended().empty());
    EXPECT_EQ(s.row("end_reason"), "caller-hangup");
    const std::string metrics = http_get(s.rig->port(), "/metrics");
    const std::string name = "\ntrunkline_audio_dropped_seconds_total ";
    ASSERT_NE(metrics.find(name), std::string::npos);
    EXPECT_NEAR(std::atof(metrics.c_str() + metrics.find(name) + name.size()), static_cast<double>(lost) / 8e3, 0.01)
        << "counted";
}

TEST(SlowCarrier, OneThatNeverReadsAgainIsDroppedAndTheCallFails) {
    SlowCarrierRig s([](RigOptions& o) { o.http.websocket.ping_interval_ms = 500; });
    Carrier carrier(*s.rig);
    ASSERT_TRUE(s.is_up());
    s.reply(numbered_audio(0, 320'000));
    EXPECT_FALSE(carrier.talk(60s)) << "it is still connected";
    EXPECT_FALSE(s.ended().empty());
    EXPECT_EQ(s.row("status || '/' || end_reason"), "failed/media-lost");
    EXPECT_NE(s.row("error").find("peer-dead"), std::string::npos) << s.row("error");
    EXPECT_TRUE(eventually([&] { return s.agent.log().close_codes == std::vector<int>{1000}; }))
        << "the agent is not left alone";
}

TEST(SlowBackend, ThatDoesNotReadEndsTheCallWithAnErrorWhenFiveSecondsWait) {
    SlowCarrierRig s;
    Carrier carrier(*s.rig);
    ASSERT_TRUE(s.is_up());
    s.reply(numbered_audio(0, 1'600));
    ASSERT_TRUE(carrier.read_until([&] { return !carrier.marks.empty(); }));
    auto stall = s.agent.stall();
    // Minutes of speech at once; no more than five seconds of it may wait.
    const std::string second = [] {
        std::string all;
        for (int i = 0; i < 50; ++i) all += frame(kText, media_message());
        return all;
    }();
    for (int i = 0; i < 2'000 && carrier.peer().send(second) && carrier.peer().read(); ++i) continue;
    ASSERT_TRUE(carrier.read_until([&] { return carrier.close_code != 0; }));
    EXPECT_EQ(carrier.close_code, 1011);
    const std::string id = s.ended();
    EXPECT_EQ(s.row("status || '/' || end_reason"), "failed/backend-error");
    const auto errors = s.rig->facts(id, "error");
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors[0]["code"].text_or(""), "slow-backend");
    stall.reset();
}

TEST(SlowReceiver, ThatNeverAnswersIsTriedAgainAndHoldsNobodyElseUp) {
    const ListeningSocket nobody;
    const std::string mute = "http://" + nobody.host_and_port() + "/hook";
    const Receiver good([](int) { return false; });
    RigOptions options;
    options.webhook_timeout_ms = 500;
    options.extra_nodes = "  mute: {element: webhooksink, url: \"" + mute + "\", secret: a}\n" +
                          "  good: {element: webhooksink, url: \"" + good.url("/hook") + "\", secret: b}\n";
    options.fact_sinks = "db, mute, good";
    Rig rig(options);
    auto call = rig.call();
    ASSERT_TRUE(call->wait_for(
        [](const lab::CallResult& c) { return !c.streams.empty() && c.stream().agent_speaking(); }, 60s));
    call->hang_up();
    const std::string id = rig.ended_call(call->result().call_sid, 60'000);
    expect_one_clean_end(rig, id);
    const auto of = [&](const std::string& url, const std::string& condition) {
        return rig.sql("select seq from webhook_deliveries where call_id = '" + id +
                       "' and webhook_id in (select id from webhooks where url like '" + url + "%') and " + condition +
                       " order by seq");
    };
    const size_t facts = rig.facts(id).size();
    EXPECT_TRUE(eventually([&] { return of(good.url("/hook"), "state = 'delivered'").size() == facts; }));
    // The first fact is tried again and again, and those behind it keep their place.
    EXPECT_TRUE(eventually([&] { return of(mute, "attempts >= 2").size() == 1; }));
    EXPECT_EQ(of(mute, "attempts >= 2"), std::vector<std::string>{"1"});
    EXPECT_EQ(of(mute, "state = 'pending'").size(), facts);
    EXPECT_EQ(of(mute, "last_error like 'no answer from %'"), std::vector<std::string>{"1"});
}

}  // namespace
}  // namespace trunkline::test
