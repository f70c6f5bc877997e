// Checklist lines 46 and 47: how the media socket is dialed, and what the caller's side sends.
#include "engine/core/base64.h"
#include "lab/speech/library.h"
#include "lab/vonage/playout.h"
#include "tests/unit/lab_vonage/vonage_call.h"

namespace trunkline::lab::vonage::test {
namespace {

class LabVonageSocket : public VonageFixture {
  protected:
    /// The next messages; fewer when the socket ends.
    std::vector<FakeSocket::Message> messages(size_t n) {
        std::vector<FakeSocket::Message> out;
        while (out.size() < n) {
            auto message = socket->next_message();
            if (!message) break;
            out.push_back(std::move(*message));
        }
        return out;
    }
    /// All audio until `wanted` bytes have come.
    std::string audio(size_t wanted) {
        std::string out;
        while (out.size() < wanted) {
            auto message = socket->next_message();
            if (!message) break;
            if (message->binary) out += message->data;
        }
        return out;
    }
    Json token_claims(const std::string& authorization) {
        const size_t first = authorization.find('.');
        const size_t second = authorization.find('.', first + 1);
        auto bytes = base64url_decode(std::string_view(authorization).substr(first + 1, second - first - 1));
        return bytes ? parsed(std::string(bytes->begin(), bytes->end())) : Json();
    }
};

TEST_F(LabVonageSocket, Line46_TheUriIsDialedWithItsQuery) {
    ring_and_start();
    EXPECT_EQ(socket->request().target, "/vg/media/k7?leg=1");
    EXPECT_EQ(socket->request().header("host"), "voice.example.com");
    EXPECT_EQ(socket->request().header("authorization"), "");
    EXPECT_EQ(socket->request().header("sec-websocket-protocol"), "");
    EXPECT_EQ(socket->request().header("sec-websocket-extensions"), "");
}

TEST_F(LabVonageSocket, Line46_AuthorizationOfTypeVonageIsAToken) {
    connect(16000, R"(,"authorization":{"type":"vonage"})");
    ring_and_start();
    const std::string header = socket->request().header("authorization");
    ASSERT_EQ(header.substr(0, 7), "Bearer ");
    const Json claims = token_claims(header);
    EXPECT_EQ(claims["iss"].text_or(""), "Vonage");
    EXPECT_EQ("Bearer " + sign_hs256(claims.dump(), kSecret), header);
}

TEST_F(LabVonageSocket, Line46_CustomAuthorizationIsSentVerbatim) {
    connect(16000, R"(,"authorization":{"type":"custom","value":"Basic k7 : x"})");
    ring_and_start();
    EXPECT_EQ(socket->request().header("authorization"), "Basic k7 : x");
}

TEST_F(LabVonageSocket, Line46_SubprotocolIsOfferedWhenWantedAndMayBeSelected) {
    options.media.subprotocol = "WSBRIDGE";
    server.select_subprotocol("WSBRIDGE");
    ring_and_start();
    EXPECT_EQ(socket->request().header("sec-websocket-protocol"), "WSBRIDGE");
}

TEST_F(LabVonageSocket, Line46_SubprotocolThatWasNotOfferedMustNotBeSelected) {
    server.select_subprotocol("WSBRIDGE");
    ring();
    ASSERT_TRUE(wait_violation(kSocketHandshake));
    EXPECT_EQ(statuses(), (Strings{"started", "ringing", "answered", "failed", "completed"}));
}

TEST_F(LabVonageSocket, Line47_FirstTextHoldsTheHeadersFlattened) {
    connect(24000, R"(,"headers":{"leg":"7","n":3,"event":"forged"})");
    options.media.extra_headers = {{"more", "yes"}};
    ring();
    socket = server.socket();
    ASSERT_NE(socket, nullptr);
    auto first = socket->next_message();
    ASSERT_TRUE(first);
    EXPECT_FALSE(first->binary);
    EXPECT_EQ(first->data,
              R"({"event":"websocket:connected","content-type":"audio/l16;rate=24000","leg":"7","n":3,"more":"yes"})");
}

TEST_F(LabVonageSocket, Line47_LeadingSpaceBeforeEveryText) {
    options.media.leading_space = true;
    ring_and_start();
    call->press("5");
    auto text = socket->next_text();
    ASSERT_TRUE(text);
    EXPECT_EQ(*text, R"( {"event":"websocket:dtmf","digit":"5","duration":260})");
}

TEST_F(LabVonageSocket, Line47_FramesAreExactlyTwentyMilliseconds) {
    for (int rate : {8000, 16000, 24000}) {
        connect(rate);
        ring_and_start();
        for (const auto& message : messages(5)) {
            EXPECT_TRUE(message.binary);
            EXPECT_EQ(message.data.size(), static_cast<size_t>(rate) / 25);
        }
        hang_up();
    }
}

TEST_F(LabVonageSocket, Line47_WhatIsSaidArrivesWholeAndLittleEndian) {
    connect(8000);
    ring_and_start();
    Samples ramp(1000);
    for (size_t i = 0; i < ramp.size(); ++i) ramp[i] = static_cast<int16_t>(static_cast<int>(i) * 31 - 15000);
    call->say("ramp", ramp);
    std::string heard = audio(16000);
    EXPECT_NE(heard.find(pcm_bytes(ramp)), std::string::npos);
    const auto result = call->result();
    EXPECT_EQ(result.stream().said.at(0).last - result.stream().said.at(0).first, 1000);
}

TEST_F(LabVonageSocket, Line47_RecordedSpeechIsResampledToTheWire) {
    auto library = SpeechLibrary::open();
    ASSERT_TRUE(library) << library.error().message;
    auto recording = (*library)->recorded("auth-thankyou");
    ASSERT_TRUE(recording);
    const Samples wide = resample((*recording)->samples, kTelephoneRate, 16000);
    ring_and_start();
    call->say("auth-thankyou", (*recording)->samples);
    std::string heard;
    const std::string wanted = pcm_bytes(wide);
    const std::string probe = wanted.substr(0, 8000);
    while (heard.size() < wanted.size() * 3 && heard.find(probe) == std::string::npos) heard += audio(6400);
    EXPECT_NE(heard.find(probe), std::string::npos);
}

TEST_F(LabVonageSocket, Line47_KeysAreSentOneByOne) {
    options.media.dtmf_form = DtmfForm::kNested;
    ring_and_start();
    call->press("4#");
    EXPECT_EQ(parsed(socket->next("websocket:dtmf"))["dtmf"]["digit"].text_or(""), "4");
    EXPECT_EQ(parsed(socket->next("websocket:dtmf"))["dtmf"]["digit"].text_or(""), "#");
}

TEST_F(LabVonageSocket, Line47_MutedLegSendsNoAudio) {
    ring_and_start();
    call->set_active(false);
    const Json off = parsed(socket->next("websocket:media:update"));
    EXPECT_EQ(off["method"].text_or(""), "update");
    EXPECT_FALSE(off["active"].bool_or(true));
    call->press("1");
    auto between = socket->next_message();
    ASSERT_TRUE(between);
    EXPECT_FALSE(between->binary);
    call->set_active(true);
    const auto after = messages(2);
    ASSERT_EQ(after.size(), 2U);
    EXPECT_TRUE(parsed(after[0].data)["active"].bool_or(false));
    EXPECT_TRUE(after[1].binary);
}

TEST_F(LabVonageSocket, Line47_EarlyAudioComesBeforeTheFirstText) {
    options.media.early_binary = 3;
    options.media.connected_delay_ms = 50;
    ring();
    socket = server.socket();
    ASSERT_NE(socket, nullptr);
    const auto first = messages(5);
    ASSERT_EQ(first.size(), 5U);
    for (size_t i = 0; i < 3; ++i) EXPECT_TRUE(first[i].binary);
    EXPECT_FALSE(first[3].binary);
    EXPECT_TRUE(first[4].binary);
}

TEST_F(LabVonageSocket, Line47_EarlyAudioMayBeginBeforeTheCall) {
    options.media.early_binary = 500;  // ten seconds, collected before it is sent
    ring();
    socket = server.socket();
    ASSERT_NE(socket, nullptr);
    ASSERT_TRUE(wait([](const CallResult& c) { return !c.streams.empty() && c.stream().started; }));
    EXPECT_LT(call->result().stream().started_ms, 0);
    call->press("5");
    EXPECT_EQ(parsed(socket->next("websocket:dtmf"))["digit"].text_or(""), "5") << "a stream is there to press keys on";
}

TEST_F(LabVonageSocket, Line47_GapsDelayTheRestWithoutLoss) {
    options.media.gap_every = 2;
    options.media.gap_ms = 60;
    ring_and_start();
    ASSERT_EQ(messages(6).size(), 6U);
    // Two gaps lie before the fifth frame.
    const auto result = call->result();
    EXPECT_GE(result.stream().played, (5 * 20 + 2 * 60) * 8);
}

TEST_F(LabVonageSocket, Line47_OtherSizesAndUnknownTexts) {
    options.media.frame_bytes = {639, 2, 1280};
    options.media.unknown_text_every = 2;
    ring_and_start();
    const auto all = messages(4);
    ASSERT_EQ(all.size(), 4U);
    EXPECT_EQ(all[0].data.size(), 639U);
    EXPECT_FALSE(all[1].binary);
    EXPECT_EQ(all[2].data.size(), 2U);
    EXPECT_EQ(all[3].data.size(), 1280U);
}

TEST_F(LabVonageSocket, Line47_SlowReadingLetsAClearWaitBehindTheAudio) {
    options.media.read_gap_ms = 10;
    ring_and_start();
    const std::string frame(640, '\x10');
    for (int i = 0; i < 40; ++i) socket->send_binary(frame);
    socket->send_text(R"({"action":"clear"})");
    ASSERT_TRUE(socket->next("websocket:cleared"));
    const auto result = call->result();
    const auto& stream = result.stream();
    ASSERT_EQ(stream.media_ms.size(), 40U);
    EXPECT_GE(stream.clears_ms.at(0) - stream.media_ms.front(), 40 * 9);
}

TEST_F(LabVonageSocket, Line47_APauseOutlastsTheGapInReading) {
    options.media.read_gap_ms = 1;
    ring_and_start();
    // Paused at the first message, while the gap behind it is still running.
    call->with_call([](CarrierDriver& driver) {
        driver.observe([&driver, paused = false]() mutable {
            if (paused || driver.result().stream().media_received == 0) return;
            paused = true;
            driver.pause_reading(true);
        });
    });
    constexpr uint64_t kFrames = 200;
    const std::string frame(640, '\x10');
    for (uint64_t i = 0; i < kFrames; ++i) socket->send_binary(frame);
    ASSERT_TRUE(wait([](const CallResult& c) { return c.stream().media_received > 0; }));
    const int64_t played = call->result().stream().played;
    ASSERT_TRUE(wait([played](const CallResult& c) { return c.stream().played > played + kTelephoneRate; }));
    EXPECT_LT(call->result().stream().media_received, 20U) << "no more than had been read when the pause began";
    call->pause_reading(false);
    EXPECT_TRUE(wait([](const CallResult& c) { return c.stream().media_received == kFrames; }));
    call->with_call([](CarrierDriver& driver) { driver.observe(nullptr); });
}

}  // namespace
}  // namespace trunkline::lab::vonage::test
