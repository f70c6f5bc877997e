// How caller audio is cut into messages, on a driven shard.
#include "engine/agent/caller_audio.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/core/speech_level.h"

namespace trunkline::agent {
namespace {

using std::chrono::milliseconds;

struct Sent {
    std::string bytes;
    int64_t ingress_ns;
    bool voiced;
};

class CallerAudioTest : public testing::Test {
  protected:
    void run(milliseconds chunk, const std::function<void(CallerAudio&)>& work, size_t wanted, bool whole = false) {
        std::unique_ptr<CallerAudio> audio;
        const bool done = shard_.run_until(
            [&] {
                if (!audio) {
                    audio = std::make_unique<CallerAudio>(
                        &shard_, chunk,
                        [&](auto bytes, int64_t ingress, bool voiced) {
                            sent_.push_back({std::string(bytes.begin(), bytes.end()), ingress, voiced});
                        },
                        whole);
                    audio->set_format({AudioFormat::Encoding::kMulaw, 8000});
                    work(*audio);
                }
                if (sent_.size() < wanted) return false;
                audio.reset();
                return true;
            },
            milliseconds(5000));
        EXPECT_TRUE(done);
    }
    static std::span<const uint8_t> frame(const std::string& bytes) {
        return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
    }
    std::vector<size_t> sizes() const {
        std::vector<size_t> all;
        for (const Sent& s : sent_) all.push_back(s.bytes.size());
        return all;
    }
    Shard shard_{0};
    std::vector<Sent> sent_;
};

TEST_F(CallerAudioTest, AFrameAsLongAsAMessagePassesAtOnce) {
    run(
        milliseconds(20),
        [&](CallerAudio& a) {
            a.frame(frame(std::string(160, '\x10')), 77);
            EXPECT_EQ(sent_.size(), 1U);
        },
        1);
    EXPECT_EQ(sent_[0].bytes, std::string(160, '\x10'));
    EXPECT_EQ(sent_[0].ingress_ns, 77);
    EXPECT_TRUE(sent_[0].voiced);
}

TEST_F(CallerAudioTest, ThreeFramesMakeASixtyMillisecondMessage) {
    run(
        milliseconds(60),
        [&](CallerAudio& a) {
            for (char c : {'a', 'b', 'c'}) a.frame(frame(std::string(160, c)), 1);
        },
        1);
    EXPECT_EQ(sizes(), std::vector<size_t>{480});
    EXPECT_EQ(sent_[0].bytes, std::string(160, 'a') + std::string(160, 'b') + std::string(160, 'c'));
}

TEST_F(CallerAudioTest, APartOfAMessageIsNotHeldLongerThanOne) {
    run(
        milliseconds(40), [&](CallerAudio& a) { a.frame(frame(std::string(160, 'a')), 1); }, 1);
    EXPECT_EQ(sizes(), std::vector<size_t>{160});
}

TEST_F(CallerAudioTest, ALongFrameGoesWholeInMessagesOfTheChosenLength) {
    run(
        milliseconds(20), [&](CallerAudio& a) { a.frame(frame(std::string(400, 'a')), 1); }, 3);
    EXPECT_EQ(sizes(), (std::vector<size_t>{160, 160, 80}));
}

TEST_F(CallerAudioTest, HumeLine3_WholeMessagesBeginWithSilenceWhereTheStreamBeginsShort) {
    run(
        milliseconds(20),
        [&](CallerAudio& a) {
            a.frame(frame(std::string(120, 'a')), 1);
            EXPECT_EQ(sent_.size(), 1U) << "nothing is held back";
            for (char c : {'b', 'c'}) a.frame(frame(std::string(160, c)), 1);
            EXPECT_EQ(sent_.size(), 3U);
        },
        3, true);
    EXPECT_EQ(sent_[0].bytes, std::string(40, '\xff') + std::string(120, 'a'));
    EXPECT_EQ(sent_[1].bytes, std::string(160, 'b'));
    EXPECT_EQ(sent_[2].bytes, std::string(160, 'c'));
}

TEST_F(CallerAudioTest, HumeLine3_AFrameThatEndsShortWaitsForTheNextAndIsFilledUpWhenNoneComes) {
    run(
        milliseconds(20),
        [&](CallerAudio& a) {
            a.frame(frame(std::string(160, 'a')), 1);
            a.frame(frame(std::string(100, 'b')), 1);
            EXPECT_EQ(sent_.size(), 1U);
            a.frame(frame(std::string(160, 'c')), 1);
            EXPECT_EQ(sent_.size(), 2U);
        },
        3, true);
    EXPECT_EQ(sent_[1].bytes, std::string(100, 'b') + std::string(60, 'c'));
    EXPECT_EQ(sent_[2].bytes, std::string(100, 'c') + std::string(60, '\xff'));
}

TEST_F(CallerAudioTest, SilenceIsTheSilenceOfTheEncoding) {
    run(
        milliseconds(20), [&](CallerAudio& a) { a.silence(milliseconds(40)); }, 2);
    EXPECT_EQ(sent_[1].bytes, std::string(160, '\xff'));
    EXPECT_FALSE(sent_[1].voiced);
}

TEST_F(CallerAudioTest, AnEmptyFrameSendsNothing) {
    run(
        milliseconds(20),
        [&](CallerAudio& a) {
            a.frame({}, 1);
            a.flush();
            EXPECT_TRUE(sent_.empty());
        },
        0);
}

TEST_F(CallerAudioTest, TheIngressOfAMessageIsThatOfItsLastVoicedFrame) {
    run(
        milliseconds(60),
        [&](CallerAudio& a) {
            a.frame(frame(std::string(160, '\x10')), 1);
            a.frame(frame(std::string(160, '\x10')), 2);
            a.frame(frame(std::string(160, '\xff')), 3);
        },
        1);
    EXPECT_EQ(sent_[0].ingress_ns, 2);
    EXPECT_TRUE(sent_[0].voiced);
}

}  // namespace
}  // namespace trunkline::agent
