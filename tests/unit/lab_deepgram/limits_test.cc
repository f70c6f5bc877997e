// Timeouts and the length of sessions.
#include <gtest/gtest.h>

#include "tests/unit/lab_deepgram/client.h"

namespace trunkline::lab::deepgram {
namespace {

class DeepgramLimits : public ::testing::Test {
  protected:
    void serve(const DeepgramOptions& options) {
        auto started = DeepgramLab::start(options);
        ASSERT_TRUE(started) << started.error().message;
        lab_ = std::move(*started);
        client_ = std::make_unique<TestClient>(lab_->port());
    }
    std::unique_ptr<DeepgramLab> lab_;
    std::unique_ptr<TestClient> client_;
};

TEST_F(DeepgramLimits, Line34SilentClientIsTimedOut) {
    auto options = quick_options();
    options.client_timeout_ms = 100;
    serve(options);
    ASSERT_TRUE(client_->set_up(settings()));
    ASSERT_TRUE(client_->until_closed());
    EXPECT_EQ(client_->member("Error", "code"), "CLIENT_MESSAGE_TIMEOUT");
    EXPECT_EQ(client_->close_code(), 1011);
}

TEST_F(DeepgramLimits, Line34KeepAliveKeepsTheSessionOpen) {
    auto options = quick_options();
    options.client_timeout_ms = 300;
    serve(options);
    ASSERT_TRUE(client_->set_up(settings()));
    // Two timeouts long, judged by the lab's own clock.
    const double begun = first(*lab_).applied_ms;
    ASSERT_TRUE(client_->until([&] {
        client_->send(R"({"type":"KeepAlive"})");
        const auto record = first(*lab_);
        return client_->closed() || (!record.received.empty() && record.received.back().at_ms > begun + 600);
    }));
    EXPECT_FALSE(client_->closed());
}

TEST_F(DeepgramLimits, Line34KeepAliveAloneDoesNotHelpInTheReportedMode) {
    auto options = quick_options();
    options.client_timeout_ms = 200;
    options.keep_alive_needs_audio = true;
    serve(options);
    ASSERT_TRUE(client_->set_up(settings()));
    ASSERT_TRUE(client_->until([&] {
        if (!client_->closed()) client_->send(R"({"type":"KeepAlive"})");
        return client_->closed();
    }));
    EXPECT_EQ(client_->member("Error", "code"), "CLIENT_MESSAGE_TIMEOUT");
}

TEST_F(DeepgramLimits, Line37SessionLimitWarnsThenEnds) {
    auto options = quick_options();
    options.session_speed = 7200.0 / 0.24;
    serve(options);
    ASSERT_TRUE(client_->set_up(settings()));
    ASSERT_TRUE(client_->until_closed());
    EXPECT_EQ(client_->member("Warning", "code"), "MAXIMUM_SESSION_LENGTH_APPROACHING");
    EXPECT_EQ(client_->member("Error", "code"), "MAXIMUM_SESSION_LENGTH_REACHED");
    const auto sent = first(*lab_).sent;
    ASSERT_GE(sent.size(), 2U);
    EXPECT_EQ(sent[sent.size() - 2].type, "Warning");
}

TEST_F(DeepgramLimits, ErrorMayCloseWithoutACode) {
    auto options = quick_options();
    options.error_close_code = 1005;
    serve(options);
    ASSERT_TRUE(client_->set_up(settings()));
    client_->send("{");
    ASSERT_TRUE(client_->until_closed());
    EXPECT_EQ(client_->close_code(), 1005);
}

}  // namespace
}  // namespace trunkline::lab::deepgram
