// Every way a call can end leads to one clean-up and one ended call in the database.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/integration/rig.h"

namespace trunkline::test {
namespace {

using namespace std::chrono_literals;
using lab::CallResult;
using lab::deepgram::Command;

/// A call that is up: the agent has begun to speak.
std::unique_ptr<lab::TwilioCall> live_call(Rig& rig) {
    auto call = rig.call();
    EXPECT_TRUE(
        call->wait_for([](const CallResult& c) { return !c.streams.empty() && c.stream().agent_speaking(); }, 20s));
    return call;
}

struct Ending {
    std::string id, status, reason, who;
};

Ending ending_of(Rig& rig, const lab::TwilioCall& call) {
    const std::string id = rig.ended_call(call.result().call_sid);
    expect_one_clean_end(rig, id);
    const auto ended = rig.facts(id, "call.ended");
    if (ended.size() != 1) return {};
    return {id, ended[0]["status"].text_or(""), ended[0]["reason"].text_or(""), ended[0]["who"].text_or("")};
}

TEST(Ending, P15StopThenClose) {
    Rig rig;
    auto call = live_call(rig);
    call->hang_up(lab::HangUp::kStopThenClose);
    const Ending e = ending_of(rig, *call);
    EXPECT_EQ(e.status + "/" + e.reason + "/" + e.who, "completed/caller-hangup/caller");
}

TEST(Ending, P15CloseWithoutStop) {
    Rig rig;
    auto call = live_call(rig);
    call->hang_up(lab::HangUp::kCloseWithoutStop);
    const Ending e = ending_of(rig, *call);
    EXPECT_EQ(e.status + "/" + e.reason, "completed/media-closed");
}

TEST(Ending, P15TcpEndWithoutACloseFrame) {
    Rig rig;
    auto call = live_call(rig);
    call->hang_up(lab::HangUp::kDrop);
    const Ending e = ending_of(rig, *call);
    EXPECT_EQ(e.status + "/" + e.reason, "failed/media-lost");
}

TEST(Ending, P15TcpReset) {
    Rig rig;
    auto call = live_call(rig);
    call->hang_up(lab::HangUp::kReset);
    const Ending e = ending_of(rig, *call);
    EXPECT_EQ(e.status + "/" + e.reason, "failed/media-lost");
}

TEST(Ending, P15HalfOpen) {
    RigOptions options;
    options.session.media_timeout_ms = 1'000;
    Rig rig(options);
    auto call = live_call(rig);
    call->hang_up(lab::HangUp::kHalfOpen);
    const Ending e = ending_of(rig, *call);
    EXPECT_EQ(e.status + "/" + e.reason, "failed/media-timeout");
}

TEST(Ending, BackendError) {
    Rig rig;
    auto call = live_call(rig);
    Command error{Command::Kind::kError, "FAILED_TO_THINK", 0, {}};
    rig.agent().command(1, error);
    const Ending e = ending_of(rig, *call);
    EXPECT_EQ(e.status + "/" + e.reason, "failed/backend-error");
    const auto errors = rig.facts(e.id, "error");
    ASSERT_FALSE(errors.empty());
    EXPECT_EQ(errors[0]["code"].text_or(""), "FAILED_TO_THINK");
    EXPECT_TRUE(call->wait_for([](const CallResult& c) { return c.ended; }, 10s))
        << "the caller is not left in silence";
}

TEST(Ending, BackendCloses) {
    Rig rig;
    auto call = live_call(rig);
    rig.agent().command(1, {Command::Kind::kClose, "bye", 1000, {}});
    const Ending e = ending_of(rig, *call);
    EXPECT_EQ(e.reason + "/" + e.who, "backend-closed/agent");
}

TEST(Ending, AGoodbyeOfTheAgentIsHeardToItsEnd) {
    Rig rig;
    auto call = live_call(rig);
    ASSERT_TRUE(call->wait_for([](const CallResult& c) { return !c.stream().agent_speaking(); }, 20s));
    Command goodbye{Command::Kind::kSay, "vm-goodbye", 0, {}};
    rig.agent().command(1, goodbye);
    ASSERT_TRUE(rig.agent().wait(
        [](const auto& s) { return s[0].said.size() == 2 && s[0].said[1].bytes_sent == s[0].said[1].bytes_total; },
        20'000));
    rig.agent().command(1, {Command::Kind::kClose, "bye", 1000, {}});
    EXPECT_EQ(ending_of(rig, *call).reason, "backend-closed");
    ASSERT_TRUE(call->wait_for([](const CallResult& c) { return c.ended; }, 20s));
    const auto said = rig.agent().sessions()[0].audio_out;
    const auto heard = call->result().stream().heard;
    const auto tail = said.end() - 4'000;  // the last half second of it
    EXPECT_NE(std::search(heard.begin(), heard.end(), tail, said.end()), heard.end());
}

TEST(Ending, TimeLimit) {
    RigOptions options;
    options.limits = "{call: 1500ms}";
    Rig rig(options);
    auto call = live_call(rig);
    const Ending e = ending_of(rig, *call);
    EXPECT_EQ(e.status + "/" + e.reason + "/" + e.who, "completed/time-limit/limit");
    EXPECT_TRUE(call->wait_for([](const CallResult& c) { return c.ended; }, 10s));
}

TEST(Ending, SilenceLimit) {
    RigOptions options;
    options.limits = "{call: 1m, silence: 1s}";
    Rig rig(options);
    auto call = live_call(rig);
    const Ending e = ending_of(rig, *call);
    EXPECT_EQ(e.reason + "/" + e.who, "silence/limit");
}

TEST(Ending, AReplyLongerThanTheSilenceLimitIsNoSilence) {
    RigOptions options;
    options.limits = "{call: 1m, silence: 3s}";
    Rig rig(options);
    auto call = live_call(rig);  // the greeting takes 5.5 s
    EXPECT_TRUE(call->wait_for(
        [](const CallResult& c) {
            return c.stream().ended() || c.stream().played > c.stream().agent_speech[0].first + 5 * 8'000;
        },
        60s));
    EXPECT_FALSE(call->result().stream().ended()) << "cut off in the middle of what the agent says";
    call->hang_up();
    EXPECT_EQ(ending_of(rig, *call).reason, "caller-hangup");
}

TEST(Ending, TheServiceIsStopped) {
    Rig rig;
    auto call = live_call(rig);
    rig.stop_server();
    const Ending e = ending_of(rig, *call);
    EXPECT_EQ(e.status + "/" + e.reason + "/" + e.who, "completed/shutdown/api");
    EXPECT_TRUE(call->wait_for([](const CallResult& c) { return c.ended; }, 10s));
}

TEST(Ending, StopWhileTheBackendIsStillConnecting) {
    RigOptions options;
    options.deepgram = quick_agent();
    options.deepgram.faults.never_welcome = true;
    Rig rig(options);
    auto call = rig.call();
    ASSERT_TRUE(rig.agent().wait([](const auto& s) { return s.size() == 1; }, 20'000));
    call->hang_up();
    EXPECT_EQ(ending_of(rig, *call).reason, "caller-hangup");
}

TEST(Ending, AStartThatNeverComes) {
    RigOptions options;
    options.session.start_timeout_ms = 500;
    Rig rig(options);
    auto call = rig.call([](auto& o) { o.faults.skip_start = true; });
    EXPECT_EQ(ending_of(rig, *call).reason, "media-timeout");
    EXPECT_TRUE(rig.agent().sessions().empty()) << "no costly session for a socket that proved nothing";
}

TEST(Ending, P14AStartOfAnotherCallOpensNoBackendSession) {
    Rig rig;
    auto call = rig.call([](auto& o) { o.faults.start_call_sid = "CA00000000000000000000000000000bad"; });
    EXPECT_EQ(ending_of(rig, *call).reason, "ticket-mismatch");
    ASSERT_TRUE(call->wait_for([](const CallResult& c) { return c.stream().ended(); }, 10s));
    EXPECT_EQ(call->result().stream().server_close_code, 1008);
    EXPECT_TRUE(rig.agent().sessions().empty());
}

TEST(Ending, ParametersThatBreakTheSchemaEndTheCallWithTheReason) {
    Rig rig;
    auto call = rig.call([](auto& o) {
        o.faults.override_parameters = true;
        o.faults.start_parameters = {{"greting", "hello"}};
    });
    const Ending e = ending_of(rig, *call);
    EXPECT_EQ(e.reason, "bad-params");
    EXPECT_NE(rig.sql("select error from calls where id = '" + e.id + "'")[0].find("greting"), std::string::npos);
}

}  // namespace
}  // namespace trunkline::test
