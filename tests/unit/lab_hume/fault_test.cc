// Everything the lab breaks on purpose.
#include <set>

#include "tests/unit/lab_hume/client.h"

namespace trunkline::lab::hume {
namespace {

class HumeFaults : public HumeTest {
  protected:
    /// Says one sentence, spoilt by `fault`.
    void spoken(const std::vector<std::string>& faults, double pace = 0) {
        auto options = quick_options();
        options.brain.greeting = "vm-goodbye";
        options.pacing.factor = pace;
        for (const auto& fault : faults) ASSERT_TRUE(set_fault(options.faults, fault)) << fault;
        serve(options);
    }
    std::vector<int> indexes() const {
        std::vector<int> out;
        for (const Piece& piece : client_->pieces()) out.push_back(piece.index);
        return out;
    }
    Samples whole() { return resample(recording("vm-goodbye"), 8000, 48000); }
};

TEST_F(HumeFaults, HumeLine21_IndexesOutOfOrder) {
    spoken({"out_of_order=true"});
    ASSERT_TRUE(client_->until_type("assistant_end"));
    const auto order = indexes();
    ASSERT_GE(order.size(), 4U);
    EXPECT_EQ((std::vector<int>{order[0], order[1], order[2], order[3]}), (std::vector<int>{1, 0, 3, 2}));
    EXPECT_EQ(std::set<int>(order.begin(), order.end()).size(), order.size());
    EXPECT_EQ(*std::max_element(order.begin(), order.end()) + 1, static_cast<int>(order.size()));
}

TEST_F(HumeFaults, HumeLine21_AnIndexThatNeverComesAndOnesThatComeTwice) {
    spoken({"skip_index=1"});
    ASSERT_TRUE(client_->until_type("assistant_end"));
    EXPECT_EQ(indexes()[0], 0);
    EXPECT_EQ(indexes()[1], 2);
    spoken({"duplicate_index"});
    ASSERT_TRUE(client_->until_type("assistant_end"));
    EXPECT_EQ(indexes()[0], 0);
    EXPECT_EQ(indexes()[1], 0);
}

TEST_F(HumeFaults, HumeLine21_RepeatedHeader) {
    spoken({"repeat_header=true"});
    ASSERT_TRUE(client_->until_type("assistant_end"));
    for (const Piece& piece : client_->pieces()) EXPECT_EQ(piece.wav.find("RIFF", 4), 44U);
}

TEST_F(HumeFaults, HumeLine21_WavFilesThatOnlyAParserReads) {
    spoken({"list_chunk=true", "trailing_bytes=true"});
    ASSERT_TRUE(client_->until_type("assistant_end"));
    Samples heard;
    for (const Piece& piece : client_->pieces()) {
        EXPECT_EQ(piece.wav.substr(36, 4), "LIST");
        EXPECT_EQ(piece.wav.substr(piece.wav.size() - 12, 4), "note");
        const auto wav = parse_wav(piece.wav);
        ASSERT_TRUE(wav) << wav.error().message;
        heard.insert(heard.end(), wav->samples.begin(), wav->samples.end());
    }
    EXPECT_EQ(heard, whole());
}

TEST_F(HumeFaults, HumeLine21_SizesOfTheDataChunkThatMeanNothing) {
    spoken({"data_size=0"});
    ASSERT_TRUE(client_->until_type("assistant_end"));
    for (const Piece& piece : client_->pieces()) EXPECT_EQ(piece.wav.substr(40, 4), std::string(4, '\0'));
    spoken({"data_size=1"});
    ASSERT_TRUE(client_->until_type("assistant_end"));
    for (const Piece& piece : client_->pieces()) EXPECT_EQ(piece.wav.substr(40, 4), std::string(4, '\xFF'));
}

TEST_F(HumeFaults, HumeLine21_SamplesCutInTwo) {
    spoken({"odd_bytes=true"});
    ASSERT_TRUE(client_->until_type("assistant_end"));
    std::string pcm;
    size_t odd = 0;
    for (const Piece& piece : client_->pieces()) {
        odd += (piece.wav.size() - 44) % 2;
        pcm += piece.wav.substr(44);
    }
    EXPECT_GE(odd, 2U);
    EXPECT_EQ(pcm, pcm_bytes(whole()));
}

TEST_F(HumeFaults, HumeLine21_FiveTimesFasterThanItPlaysOrAsSlowAsWished) {
    EXPECT_EQ(HumeOptions{}.pacing.factor, 5.0);
    spoken({}, 50);
    ASSERT_TRUE(client_->until_type("assistant_end"));
    EXPECT_EQ(first(*lab_).said.at(0).bytes_sent, first(*lab_).said.at(0).bytes_total);
}

TEST_F(HumeFaults, HumeLine21_StallHoldsEverythingBackAndCatchesUp) {
    spoken({"stall_at_ms=0", "stall_ms=100"});
    ASSERT_TRUE(client_->until_type("assistant_end"));
    size_t samples = 0;
    for (const Piece& piece : client_->pieces()) samples += (piece.wav.size() - 44) / 2;
    EXPECT_EQ(samples, whole().size());
}

TEST_F(HumeFaults, HumeLine21_DropHasNoCloseFrame) {
    spoken({"drop_at_ms=10"});
    ASSERT_TRUE(client_->until_closed());
    EXPECT_EQ(client_->close_code(), 0);
    ASSERT_TRUE(until_session([](const auto& s) { return !s.open(); }));
    EXPECT_EQ(first(*lab_).close_code, 1006);
    EXPECT_FALSE(first(*lab_).closed_by_client);
}

TEST_F(HumeFaults, HumeLine21_DeathInTheMiddleOfASentence) {
    spoken({"drop_mid_speech=true"}, 50);
    ASSERT_TRUE(client_->until_closed());
    EXPECT_EQ(client_->close_code(), 0);
    EXPECT_FALSE(first(*lab_).sent_type("assistant_end"));
    EXPECT_TRUE(first(*lab_).sent_type("audio_output"));
}

TEST_F(HumeFaults, HumeLine21_CloseWithTheConfiguredCode) {
    for (const int code : {1000, 1011, 4013}) {
        spoken({"close_at_ms=10", "close_code=" + std::to_string(code)});
        ASSERT_TRUE(client_->until_closed());
        EXPECT_EQ(client_->close_code(), code);
    }
}

TEST_F(HumeFaults, ErrorMidCall) {
    spoken({"error_at_ms=10", "error_code=E0300"});
    ASSERT_TRUE(client_->until_closed());
    EXPECT_EQ(client_->error_code(), "E0300");
}

TEST_F(HumeFaults, TheHandshakeIsRefusedAsOftenAsWished) {
    for (const unsigned status : {401U, 403U, 429U, 503U}) {
        auto options = quick_options();
        options.faults.refuse_status = static_cast<int>(status);
        options.faults.refuse_first = 1;
        serve(options);
        EXPECT_FALSE(client_->connected());
        EXPECT_EQ(client_->status(), status);
        TestClient second(lab_->port());
        EXPECT_TRUE(second.connected());
    }
}

TEST_F(HumeFaults, MetadataNeverComes) {
    spoken({"never_metadata=true"});
    client_->declare();
    client_->send("ignored, as nothing is read before chat_metadata");
    client_->close();
    ASSERT_TRUE(until_session([](const auto& s) { return !s.open(); }));
    EXPECT_TRUE(first(*lab_).sent.empty());
}

TEST_F(HumeFaults, GarbageComesBetweenTheMessages) {
    spoken({"garbage=true"});
    ASSERT_TRUE(client_->until_type("assistant_end"));
    EXPECT_EQ(client_->count("something_new"), 1U);
    EXPECT_GE(client_->count(""), 2U);
}

TEST_F(HumeFaults, TextAfterItsAudio) {
    spoken({"text_after_audio=true"});
    ASSERT_TRUE(client_->until_type("assistant_end"));
    EXPECT_EQ(client_->order(), (std::vector<std::string>{"chat_metadata", "audio_output", "assistant_message",
                                                          "assistant_prosody", "assistant_end"}));
}

TEST_F(HumeFaults, FaultsMayStandInTheAddress) {
    serve(quick_options(), {"api_key=k&close_at_ms=10&close_code=4013", {}, "/v0/evi/chat"});
    ASSERT_TRUE(client_->until_closed());
    EXPECT_EQ(client_->close_code(), 4013);
    TestClient refused(lab_->port(), {"api_key=k&refuse_status=429", {}, "/v0/evi/chat"});
    EXPECT_EQ(refused.status(), 429U);
}

TEST(HumeFaultNames, AreToldWhenOneIsUnknown) {
    Faults faults;
    EXPECT_EQ(set_fault(faults, "help").error().code, "unknown-fault");
    EXPECT_NE(set_fault(faults, "help").error().message.find("late_audio_ms"), std::string::npos);
    EXPECT_EQ(set_fault(faults, "stall_ms=soon").error().code, "bad-fault");
}

}  // namespace
}  // namespace trunkline::lab::hume
