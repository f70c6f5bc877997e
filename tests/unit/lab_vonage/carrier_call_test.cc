// A call of either carrier behind lab::CarrierCall: the same test plays both.
#include "lab/carrier/carrier_call.h"

#include <algorithm>
#include <thread>

#include "lab/twilio/lab.h"
#include "lab/vonage/playout.h"
#include "tests/unit/lab_vonage/vonage_call.h"

namespace trunkline::lab::vonage::test {
namespace {

constexpr double kTickMs = 20;
constexpr char kStream[] = R"(<Connect><Stream url="wss://voice.example.com/media/k7"/></Connect>)";

class LabCarrierCall : public testing::TestWithParam<const char*> {
  protected:
    LabCarrierCall() {
        server.twiml("/voice", kStream);
        server.answer("/answer", json_reply("[" + connect_action() + "]"));
        server.answer("/events", json_reply(""));
        if (vonage) {
            CallOptions options;
            options.answer_url = server.url("/answer");
            options.event_url = server.url("/events");
            options.dial = server.address();
            options.media.comfort_noise = false;
            call = vonage_lab.call(options);
        } else {
            TwilioCallOptions options;
            options.webhook_url = server.url("/voice");
            options.dial = server.address();
            call = twilio_lab.call(options);
        }
        socket = server.socket();
    }
    static std::string connect_action() {
        return R"({"action":"connect","endpoint":[{"type":"websocket","uri":"wss://voice.example.com/media/k7",)"
               R"("content-type":"audio/l16;rate=8000"}]})";
    }
    std::string event(const std::string& name) const { return vonage ? "websocket:" + name : name; }
    void speak(const Samples& samples) {
        if (!vonage) return socket->media(ulaw_encode(samples));
        for (size_t i = 0; i + 160 <= samples.size(); i += 160)
            socket->send_binary(pcm_bytes(std::span(samples).subspan(i, 160)));
    }
    void mark(const std::string& name) {
        if (!vonage) return socket->mark(name);
        socket->send_text(R"({"action":"notify","payload":{"id":")" + name + R"("}})");
    }
    void clear() {
        if (!vonage) return socket->clear();
        socket->send_text(R"({"action":"clear"})");
    }

    const bool vonage = std::string(GetParam()) == "vonage";
    FakeServer server;
    TwilioLab twilio_lab;
    VonageLab vonage_lab;
    std::unique_ptr<CarrierCall> call;
    std::unique_ptr<FakeSocket> socket;
};

TEST_P(LabCarrierCall, IsPlayedAndHeardInOneWay) {
    ASSERT_NE(socket, nullptr);
    ASSERT_TRUE(socket->next(vonage ? "websocket:connected" : "start"));
    EXPECT_STREQ(call->carrier(), GetParam());

    call->say("tone", Samples(800, 8000));
    ASSERT_TRUE(call->wait_for(
        [](const CallResult& c) { return !c.stream().said.empty() && c.stream().said[0].last > 0; }, kWait));
    const auto said = call->result().stream().said.at(0);
    EXPECT_EQ(said.name, "tone");
    EXPECT_EQ(said.last - said.first, 800);
    call->press("4#");
    ASSERT_TRUE(socket->next(event("dtmf")));
    ASSERT_TRUE(socket->next(event("dtmf")));

    const Samples voice(1600, 4000);
    speak(voice);
    mark("played");
    ASSERT_TRUE(call->wait_for(
        [](const CallResult& c) {
            const MarkRecord* played = c.stream().mark("played");
            return played != nullptr && played->how == MarkEcho::kPlayed;
        },
        kWait));
    const Samples heard = call->heard();
    const Samples wire = ulaw_round_trip(voice);  // what is heard is told in μ-law on either carrier
    EXPECT_NE(std::search(heard.begin(), heard.end(), wire.begin(), wire.end()), heard.end());

    EXPECT_EQ(call->clears(), 0);
    speak(Samples(80000, 4000));
    clear();
    EXPECT_TRUE(call->wait_for([](const CallResult& c) { return c.stream().clears() == 1; }, kWait));
    EXPECT_EQ(call->clears(), 1);
    EXPECT_TRUE(call->violations().empty());

    if (vonage) {
        socket->send_text("nonsense");
    } else {
        socket->send_binary("nonsense");
    }
    EXPECT_TRUE(call->wait_for([](const CallResult& c) { return !c.violations.empty(); }, kWait));
    EXPECT_TRUE(call->violations().at(0).warning);

    call->hang_up();
    EXPECT_TRUE(socket->next_close());
    socket->close(1000);
    EXPECT_TRUE(call->wait_ended(kWait));
    EXPECT_EQ(call->result().status, "completed");
}

TEST_P(LabCarrierCall, WhatWasDueIsHeardWhenTheSocketBreaks) {
    ASSERT_NE(socket, nullptr);
    ASSERT_TRUE(socket->next(vonage ? "websocket:connected" : "start"));
    ASSERT_TRUE(call->wait_for([](const CallResult& c) { return c.stream().played > 0; }, kWait));
    call->with_call([](CarrierDriver& driver) { driver.pause_reading(true); });
    socket->shut();
    // The call's thread is held up twice, each time until ticks are due: behind the end of the socket, and in the tick
    // before it hears of that end.
    double still_there_ms = 0;
    const auto hold_up = [&](const CarrierDriver& driver) {
        const StreamResult& stream = driver.result().stream();
        while (driver.call_ms() < stream.ms_of(stream.played) + 3 * kTickMs) std::this_thread::yield();
        still_there_ms = driver.call_ms();
    };
    call->with_call([&](CarrierDriver& driver) {
        driver.observe([&, held_up = false]() mutable {
            if (held_up || driver.result().stream().ended()) return;
            held_up = true;
            hold_up(driver);
        });
        driver.pause_reading(false);
        hold_up(driver);
    });
    ASSERT_TRUE(call->wait_for([](const CallResult& c) { return c.stream().ended(); }, kWait));
    call->with_call([](CarrierDriver& driver) { driver.observe(nullptr); });
    const auto result = call->result();
    EXPECT_EQ(result.stream().end_reason, "lost");
    EXPECT_GE(result.stream().ms_of(result.stream().played) + 1, still_there_ms);
}

INSTANTIATE_TEST_SUITE_P(Lab, LabCarrierCall, testing::Values("twilio", "vonage"),
                         [](const auto& param) { return std::string(param.param); });

}  // namespace
}  // namespace trunkline::lab::vonage::test
