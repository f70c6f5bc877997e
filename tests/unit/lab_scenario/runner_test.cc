// Scenarios played against a scripted server: what passes, and how failures are told.
#include "lab/scenario/runner.h"

#include <future>

#include "lab/speech/pcm.h"
#include "lab/twilio/call_driver.h"
#include "tests/unit/lab_twilio/lab_call.h"

namespace trunkline::lab::test {
namespace {

class LabScenarioRunner : public LabCall {
  protected:
    LabScenarioRunner() {
        SpeechOptions speech;
        speech.cache_dir = testing::TempDir() + "lab_scenario_cache";
        auto opened = SpeechLibrary::open(speech);
        if (opened) library = *opened;
    }
    ~LabScenarioRunner() override {
        if (call) call->with_driver([this](CallDriver&) { runner.reset(); });
    }
    std::vector<uint8_t> voice(const std::string& name) { return ulaw_encode((*library->recorded(name))->samples); }

    /// Rings with the scenario; the caller's steps are `steps`, two spaces deep.
    void play(const std::string& steps, const std::string& head = "") {
        auto scenario = parse_scenario(head + "steps:\n" + steps, "s.yaml");
        ASSERT_TRUE(scenario) << format_problem("s.yaml", scenario.error().front());
        ASSERT_NE(library, nullptr) << "the recordings are not installed";
        auto script = load_script(*scenario, *library);
        ASSERT_TRUE(script) << script.error().message;
        call = lab.call(options, [&](CallDriver& driver) {
            runner = std::make_shared<ScenarioRunner>(*script, driver, nullptr,
                                                      [this](const ScenarioOutcome& o) { told.set_value(o); });
        });
        socket = server.socket();
        ASSERT_NE(socket, nullptr);
        ASSERT_TRUE(socket->next("start"));
    }
    ScenarioOutcome outcome() {
        auto future = told.get_future();
        if (future.wait_for(std::chrono::seconds(30)) != std::future_status::ready)
            return {false, "no outcome in time", {}, {}};
        return future.get();
    }
    /// Waits for `stop` and answers the close, so that the call ends without waiting for the grace time.
    void see_off() {
        EXPECT_TRUE(socket->next("stop"));
        socket->close(1000);
    }

    std::shared_ptr<SpeechLibrary> library;
    std::shared_ptr<ScenarioRunner> runner;
    std::promise<ScenarioOutcome> told;
};

TEST_F(LabScenarioRunner, TurnIsSaidHeardAndNamed) {
    play("  - wait_for: {heard: hello-world, within: 10s}\n  - say: auth-thankyou\n  - press: \"1\"\n  - hang_up\n");
    socket->media(voice("hello-world"));
    EXPECT_TRUE(socket->next("dtmf"));
    see_off();
    auto result = outcome();
    EXPECT_TRUE(result.passed) << result.failure;
    EXPECT_EQ(result.steps.size(), 4U);
    ASSERT_EQ(result.hearings.size(), 1U);
    EXPECT_EQ(result.hearings[0].name(), "hello-world");
}

TEST_F(LabScenarioRunner, SpoiltAudioIsNotHeard) {
    play("  - wait_for: {agent: silent, within: 10s}\n  - expect: {heard: hello-world}\n");
    auto audio = voice("hello-world");
    audio.erase(audio.begin() + 4000, audio.begin() + 4400);
    socket->media(audio);
    see_off();
    auto result = outcome();
    EXPECT_FALSE(result.passed);
    EXPECT_NE(result.failure.find("s.yaml:3:5: expect heard: expected to hear 'hello-world'; heard was"),
              std::string::npos)
        << result.failure;
}

TEST_F(LabScenarioRunner, InterruptionIsMeasuredToTheLastAudibleSample) {
    play("  - interrupt_after: {delay: 1500ms, say: auth-thankyou}\n  - expect: {stopped_within: 5s, clears: 1}\n");
    socket->media(voice("demo-thanks"));
    ASSERT_TRUE(wait([](const CallResult& c) { return !c.stream().said.empty() && c.stream().said[0].first >= 0; }));
    socket->clear();
    see_off();
    auto result = outcome();
    EXPECT_TRUE(result.passed) << result.failure;
    ASSERT_EQ(result.steps.size(), 2U);
    EXPECT_NE(result.steps[1].detail.find("the agent stopped "), std::string::npos);
    const auto after = call->result();
    EXPECT_TRUE(after.stream().agent_speech.at(0).cut);
    EXPECT_GE(after.stream().said.at(0).first - after.stream().agent_speech.at(0).first, 1500 * 8);
}

TEST_F(LabScenarioRunner, AgentThatTalksOnFailsStoppedWithin) {
    play("  - interrupt_after: {delay: 200ms, say: auth-thankyou}\n  - expect: {stopped_within: 100ms}\n");
    socket->media(voice("demo-congrats"));
    see_off();
    auto result = outcome();
    EXPECT_FALSE(result.passed);
    EXPECT_NE(result.failure.find("it was still speaking after"), std::string::npos) << result.failure;
}

TEST_F(LabScenarioRunner, MissingAnswerFailsWithWhatCameInstead) {
    play("  - say: auth-thankyou\n  - expect: {reply_within: 200ms}\n");
    see_off();
    auto result = outcome();
    EXPECT_FALSE(result.passed);
    EXPECT_NE(result.failure.find("expected an answer in at most 200 ms; none came"), std::string::npos)
        << result.failure;
    EXPECT_NE(result.failure.find("0 audio messages"), std::string::npos) << result.failure;
}

TEST_F(LabScenarioRunner, WaitThatIsNotFulfilledNamesItsLine) {
    play("  - pause: 10ms\n  - wait_for: {clears: 2, within: 100ms}\n");
    socket->clear();
    see_off();
    auto result = outcome();
    EXPECT_NE(result.failure.find(
                  "s.yaml:3:5: wait for 2 clears: it did not come within 100 ms; 0 audio messages and 1 clears came"),
              std::string::npos)
        << result.failure;
}

TEST_F(LabScenarioRunner, ViolationOfTheServerFailsUnlessIgnored) {
    play("  - wait_for: {marks: 1}\n  - hang_up\n");
    socket->send_text("nonsense");
    socket->mark("m");
    see_off();
    auto result = outcome();
    EXPECT_FALSE(result.passed);
    EXPECT_NE(result.failure.find("the server broke the protocol: 31951 not JSON"), std::string::npos)
        << result.failure;
}

TEST_F(LabScenarioRunner, IgnoredViolationPasses) {
    play("  - wait_for: {mark: m}\n  - expect: {violations: 0}\n", "ignore: [31951]\n");
    socket->send_text("nonsense");
    socket->mark("m");
    see_off();
    EXPECT_TRUE(outcome().passed);
}

TEST_F(LabScenarioRunner, CallThatEndsTooEarlyIsToldSo) {
    play("  - wait_for: {agent: speaks, within: 20s}\n");
    socket->close(1011);
    auto result = outcome();
    EXPECT_NE(result.failure.find("the call ended before that"), std::string::npos) << result.failure;
    EXPECT_NE(result.failure.find("31921"), std::string::npos) << result.failure;
}

TEST_F(LabScenarioRunner, LimitOfTheCallEndsIt) {
    play("  - wait_for: {agent: speaks, within: 20s}\n", "limit: 300ms\n");
    see_off();
    EXPECT_NE(outcome().failure.find("limit of 300 ms"), std::string::npos);
}

TEST_F(LabScenarioRunner, UnknownRecordingIsSpokenAsText) {
    auto scenario = parse_scenario("steps:\n  - say: \"I would like to change my booking.\"\n", "s.yaml");
    ASSERT_TRUE(scenario);
    ASSERT_NE(library, nullptr);
    auto script = load_script(*scenario, *library);
    ASSERT_TRUE(script) << script.error().message;
    EXPECT_GT((*script)->spoken.at("I would like to change my booking.").size(), 8000U);
}

}  // namespace
}  // namespace trunkline::lab::test
