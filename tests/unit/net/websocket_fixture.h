#pragma once
// A WebSocket on a driven shard whose peer is the test itself, byte by byte.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <functional>
#include <optional>

#include "support.h"

namespace trunkline::test {

class WebSocketTest : public testing::Test {
  protected:
    void open(WebSocket::Role role = WebSocket::Role::kServer, const WebSocketOptions& options = {},
              std::string_view early = {}) {
        pair.emplace(&shard, role, options, early);
        pair->socket->set_listener(&seen);
    }
    bool until(const std::function<bool()>& done) {
        return shard.run_until(
            [&] {
                pair->read();
                return done();
            },
            std::chrono::seconds(5));
    }
    /// Runs until the peer has got `count` frames.
    std::vector<Frame> frames(size_t count) {
        std::vector<Frame> got;
        until([&] {
            for (Frame& one : take_frames(pair->received)) got.push_back(std::move(one));
            return got.size() >= count;
        });
        return got;
    }
    bool closed() {
        return until([&] { return seen.closes > 0; });
    }
    /// What a peer that broke the rules must see: a close frame with `code`, then the end.
    void expect_violation(int code) {
        auto got = frames(1);
        ASSERT_EQ(got.size(), 1U);
        EXPECT_EQ(got[0].opcode, kClose);
        EXPECT_EQ(got[0].payload, close_payload(code));
        ASSERT_TRUE(until([&] { return pair->ended; }));
        ::shutdown(pair->peer, SHUT_WR);
        ASSERT_TRUE(closed());
        EXPECT_EQ(seen.cause, CloseCause::kProtocolError);
        EXPECT_EQ(seen.code, 1006);
        EXPECT_EQ(seen.reason, "closed with " + std::to_string(code));
    }

    Shard shard{0};
    Recorder seen;
    std::optional<Pair> pair;
};

}  // namespace trunkline::test
