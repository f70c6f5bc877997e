// Inactivity, duration, size, number of chats.
#include "tests/unit/lab_hume/client.h"

namespace trunkline::lab::hume {
namespace {

using HumeLimits = HumeTest;

TEST_F(HumeLimits, HumeLine19_DefaultsAreTheDocumentedOnes) {
    const HumeOptions options;
    EXPECT_EQ(options.inactivity_s, 120);
    EXPECT_EQ(options.max_duration_s, 1800);
    EXPECT_EQ(options.end_of_turn_ms, 800);
    EXPECT_EQ(options.min_interruption_ms, 800);
    EXPECT_EQ(options.output_rate, 48000);
}

TEST_F(HumeLimits, HumeLine19_InactivityEndsTheChatThoughSilenceFlows) {
    auto options = quick_options();
    options.session_speed = 120 / 0.1;
    options.max_duration_s = 0;
    serve(options);
    client_->declare();
    ASSERT_TRUE(client_->until([&] {
        if (!client_->closed()) client_->silence(20);
        return client_->closed();
    }));
    EXPECT_EQ(client_->order(), (std::vector<std::string>{"chat_metadata", "error"}));
    EXPECT_EQ(client_->error_code(), "E0716");
    EXPECT_EQ(client_->close_code(), 1000);
}

TEST_F(HumeLimits, HumeLine19_InactivityMayBeSaidFirst) {
    auto options = quick_options();
    options.session_speed = 120 / 0.1;
    options.max_duration_s = 0;
    options.inactivity_line = "vm-goodbye";
    serve(options);
    ASSERT_TRUE(client_->until_closed());
    EXPECT_EQ(client_->order(), (std::vector<std::string>{"chat_metadata", "assistant_message", "audio_output",
                                                          "assistant_prosody", "assistant_end", "error"}));
}

TEST_F(HumeLimits, HumeLine19_MaxDurationEndsTheChatWithConfigurableCodes) {
    auto options = quick_options();
    options.session_speed = 1800 / 0.05;
    options.inactivity_s = 0;
    options.max_duration_code = "E0799";
    options.limit_close_code = 4001;
    serve(options);
    ASSERT_TRUE(client_->until_closed());
    EXPECT_EQ(client_->error_code(), "E0799");
    EXPECT_EQ(client_->close_code(), 4001);
}

TEST_F(HumeLimits, HumeLine19_NoErrorBeforeTheCloseWhenItsCodeIsEmpty) {
    auto options = quick_options();
    options.session_speed = 1800 / 0.05;
    options.inactivity_s = 0;
    options.max_duration_code = "";
    serve(options);
    ASSERT_TRUE(client_->until_closed());
    EXPECT_EQ(client_->count("error"), 0U);
    EXPECT_EQ(client_->close_code(), 1000);
}

TEST_F(HumeLimits, TooLargeAMessageCloses) {
    auto options = quick_options();
    options.max_message_bytes = 4000;
    serve(options);
    client_->send(R"({"type":"user_input","text":")" + std::string(5000, 'x') + "\"}");
    ASSERT_TRUE(client_->until_closed());
    EXPECT_EQ(client_->close_code(), 1009);
}

TEST_F(HumeLimits, OneChatTooManyIsToldAndClosed) {
    auto options = quick_options();
    options.max_chats = 1;
    serve(options);
    ASSERT_TRUE(client_->until_type("chat_metadata"));
    {
        TestClient second(lab_->port());
        ASSERT_TRUE(second.until_closed());
        EXPECT_EQ(second.error_code(), "E0700");
    }
    client_->close();
    ASSERT_TRUE(client_->until([&] {
        const auto all = lab_->sessions();
        return all.size() == 2 && !all[0].open() && !all[1].open();
    }));
    TestClient third(lab_->port());
    third.send(R"({"type":"assistant_input","text":"vm-goodbye"})");
    EXPECT_TRUE(third.until_type("assistant_end"));
}

}  // namespace
}  // namespace trunkline::lab::hume
