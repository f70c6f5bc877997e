// The same scenarios are played on either carrier: here at 24 kHz, heard whole by the same listener.
#include <algorithm>
#include <future>

#include "lab/scenario/runner.h"
#include "lab/vonage/playout.h"
#include "tests/support/eventually.h"
#include "tests/unit/lab_vonage/vonage_call.h"

namespace trunkline::lab::vonage::test {
namespace {

class LabVonageScenario : public VonageFixture {
  protected:
    ~LabVonageScenario() override {
        if (call) call->with_call([this](CarrierDriver&) { runner.reset(); });
    }
    std::shared_ptr<ScenarioRunner> runner;
    std::promise<ScenarioOutcome> told;
};

TEST_F(LabVonageScenario, SpeechIsSaidHeardAndNamed) {
    SpeechOptions speech;
    speech.cache_dir = testing::TempDir() + "lab_vonage_cache";
    auto library = SpeechLibrary::open(speech);
    ASSERT_TRUE(library) << library.error().message;
    auto scenario = parse_scenario(
        "steps:\n  - wait_for: {heard: hello-world, within: 30s}\n  - say: auth-thankyou\n  - press: \"1\"\n"
        "  - wait_for: {mark: greeting}\n  - expect: {violations: 0, clears: 0, agent_turns: 1}\n  - hang_up\n",
        "s.yaml");
    ASSERT_TRUE(scenario);
    auto script = load_script(*scenario, **library);
    ASSERT_TRUE(script) << script.error().message;
    connect(24000);
    call = lab.call(options, [&](VonageDriver& driver) {
        runner = std::make_shared<ScenarioRunner>(*script, driver, nullptr,
                                                  [this](const ScenarioOutcome& o) { told.set_value(o); });
    });
    socket = server.socket();
    ASSERT_NE(socket, nullptr);
    ASSERT_TRUE(socket->next("websocket:connected"));
    Samples wide = resample((*(*library)->recorded("hello-world"))->samples, kTelephoneRate, 24000);
    wide.resize((wide.size() + 479) / 480 * 480, 0);
    for (size_t i = 0; i < wide.size(); i += 480) socket->send_binary(pcm_bytes(std::span(wide).subspan(i, 480)));
    socket->send_text(R"({"action":"notify","payload":{"id":"greeting"}})");
    EXPECT_TRUE(socket->next("websocket:dtmf"));
    EXPECT_TRUE(socket->next_close());
    socket->close(1000);
    auto future = told.get_future();
    ASSERT_EQ(future.wait_for(std::chrono::seconds(30)), std::future_status::ready);
    const ScenarioOutcome outcome = future.get();
    EXPECT_TRUE(outcome.passed) << outcome.failure;
    ASSERT_EQ(outcome.hearings.size(), 1U);
    EXPECT_EQ(outcome.hearings[0].name(), "hello-world");
    const auto result = call->result();
    EXPECT_EQ(result.stream().rate, 24000);
    const auto& heard = result.stream().heard_pcm;
    EXPECT_NE(std::search(heard.begin(), heard.end(), wide.begin(), wide.end()), heard.end()) << "sample for sample";
}

// Its highest tones lie where every resampler's filter falls.
TEST(LabHearingDesk, NamesWhatWasResampledOnItsWay) {
    auto library = SpeechLibrary::open({});
    ASSERT_TRUE(library) << library.error().message;
    const auto recording = (*library)->recorded("demo-thanks");
    ASSERT_TRUE(recording) << recording.error().message;
    auto known = std::make_shared<KnownSpeech>();
    known->add(*recording);
    HearingDesk desk(known);
    for (const int rate : {16000, 24000, 48000}) {
        const auto seat = desk.seat();
        const Samples wide = resample((*recording)->samples, kTelephoneRate, rate);
        desk.hear(seat, ulaw_encode(resample(wide, rate, kTelephoneRate)), true);
        desk.finish(seat);
        ASSERT_TRUE(trunkline::test::eventually([&] { return seat->caught_up(); }));
        const auto heard = seat->hearings();
        ASSERT_EQ(heard.size(), 1U);
        EXPECT_EQ(heard[0].name(), "demo-thanks") << rate << ": " << heard[0].reason();
    }
}

}  // namespace
}  // namespace trunkline::lab::vonage::test
