// Speech over a reply.
#include "tests/unit/lab_hume/client.h"

namespace trunkline::lab::hume {
namespace {

class HumeInterruption : public HumeTest {
  protected:
    /// A greeting that goes on much longer than the test.
    void greeted(HumeOptions options) {
        options.brain.greeting = "vm-options";
        options.pacing.factor = 0.1;
        serve(options);
        client_->declare();
        ASSERT_TRUE(client_->until_type("audio_output"));
    }
};

TEST_F(HumeInterruption, HumeLine16_SpeechOverAReplyInterruptsItAfterTheMinimum) {
    greeted(quick_options());
    client_->speak(recording("agent-pass"));
    ASSERT_TRUE(client_->until_type("user_interruption"));
    client_->silence(1000);
    ASSERT_TRUE(client_->until_type("user_message"));
    EXPECT_TRUE(client_->of("user_interruption")[0]["time"].is_number());
    const auto order = client_->order();
    EXPECT_LT(std::find(order.begin(), order.end(), "user_interruption"),
              std::find(order.begin(), order.end(), "user_message"));
    const auto said = first(*lab_).said;
    ASSERT_FALSE(said.empty());
    EXPECT_TRUE(said[0].interrupted);
    EXPECT_LT(said[0].bytes_sent, said[0].bytes_total);
    EXPECT_EQ(client_->count("user_interruption"), 1U);
}

TEST_F(HumeInterruption, HumeLine16_SpeechShorterThanTheMinimumDoesNotInterrupt) {
    auto options = quick_options();
    options.min_interruption_ms = 2000;
    greeted(options);
    client_->ask(recording("vm-goodbye"));
    ASSERT_TRUE(until_session([](const auto& s) { return s.heard.size() == 1; }));
    EXPECT_FALSE(first(*lab_).said.at(0).interrupted);
    EXPECT_FALSE(first(*lab_).sent_type("user_interruption"));
    EXPECT_FALSE(first(*lab_).sent_type("user_message"));
}

TEST_F(HumeInterruption, HumeLine16_AtTheMinimumAndNotBefore) {
    auto options = quick_options();
    options.min_interruption_ms = 400;
    greeted(options);
    Samples tone(8000 * 2);
    for (size_t i = 0; i < tone.size(); ++i) tone[i] = static_cast<int16_t>(i % 16 < 8 ? 6000 : -6000);
    client_->speak(Samples(tone.begin(), tone.begin() + 160 * 18));  // 360 ms
    ASSERT_TRUE(until_session([](const auto& s) { return s.audio_frames_in == 18; }));
    client_->send(R"({"type":"session_settings"})");
    ASSERT_TRUE(until_session([](const auto& s) { return s.received.size() == 2; }));
    EXPECT_FALSE(first(*lab_).sent_type("user_interruption"));
    client_->speak(Samples(tone.begin(), tone.begin() + 160 * 8));
    EXPECT_TRUE(client_->until_type("user_interruption"));
}

TEST_F(HumeInterruption, HumeLine16_NothingToInterruptBetweenReplies) {
    serve(quick_options());
    client_->declare();
    client_->ask(recording("vm-options"));
    ASSERT_TRUE(client_->until_type("assistant_end"));
    // The reply's generation is over, however long its audio plays.
    client_->ask(recording("agent-pass"));
    ASSERT_TRUE(client_->until_type("assistant_end", 2));
    EXPECT_EQ(client_->count("user_interruption"), 0U);
    EXPECT_EQ(client_->count("user_message"), 2U);
}

TEST_F(HumeInterruption, MurmursMayBeTurns) {
    auto options = quick_options();
    options.min_interruption_ms = 2000;
    options.murmurs_are_turns = true;
    greeted(options);
    client_->ask(recording("vm-goodbye"));
    ASSERT_TRUE(client_->until_type("user_message"));
    EXPECT_EQ(client_->count("user_interruption"), 0U);
}

TEST_F(HumeInterruption, AnInterruptedReplyMayHaveAnEnd) {
    auto options = quick_options();
    options.end_after_interruption = true;
    greeted(options);
    client_->speak(recording("agent-pass"));
    ASSERT_TRUE(client_->until_type("assistant_end"));
    const auto order = client_->order();
    EXPECT_EQ(*(order.end() - 2), "user_interruption");
}

TEST_F(HumeInterruption, HumeLine21_LateAudioOfTheInterruptedReply) {
    auto options = quick_options();
    options.faults.late_audio_ms = 600;
    greeted(options);
    client_->speak(recording("agent-pass"));
    ASSERT_TRUE(client_->until_type("user_interruption"));
    const auto late = [&] {
        size_t count = 0;
        bool after = false;
        for (const ClientMessage& m : client_->messages()) {
            after = after || m.type == "user_interruption";
            count += after && m.type == "audio_output" ? 1 : 0;
        }
        return count;
    };
    EXPECT_TRUE(client_->until([&] { return late() == 3; }));
    EXPECT_EQ(client_->pieces().back().id, client_->pieces().front().id);
}

TEST_F(HumeInterruption, TimeMayBeAnObject) {
    auto options = quick_options();
    options.faults.interruption_object = true;
    greeted(options);
    client_->speak(recording("agent-pass"));
    ASSERT_TRUE(client_->until_type("user_interruption"));
    EXPECT_TRUE(client_->of("user_interruption")[0]["time"].is_object());
}

TEST_F(HumeInterruption, AReplyThatIsStillThoughtAboutIsGivenUp) {
    auto options = quick_options();
    options.latency.by_parts = true;
    options.latency.scale = 1;
    options.latency.stt = options.latency.speak = {0, 0};
    options.latency.think = {60000, 0};
    serve(options);
    client_->declare();
    client_->ask(recording("vm-options"));
    ASSERT_TRUE(client_->until_type("user_message"));
    client_->ask(recording("agent-pass"));
    ASSERT_TRUE(client_->until_type("user_message", 2));
    EXPECT_EQ(client_->count("user_interruption"), 0U);
    EXPECT_EQ(client_->count("assistant_message"), 0U);
}

}  // namespace
}  // namespace trunkline::lab::hume
