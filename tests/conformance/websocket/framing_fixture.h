#pragma once
// A WebSocket of ours in either role whose peer is the test itself, and what such a peer may expect.
#include "tests/unit/net/websocket_fixture.h"

namespace trunkline::test {
using Role = WebSocket::Role;
using Texts = std::vector<std::string>;
constexpr size_t kLimit = 70'000;

class Framing : public WebSocketTest, public testing::WithParamInterface<Role> {
  protected:
    Role role() const { return GetParam(); }
    /// A frame as the peer of our role has to send it.
    std::string peer_frame(int opcode, std::string_view payload, bool fin = true, int reserved = 0) const {
        return frame(opcode, payload, {.fin = fin, .masked = role() == Role::kServer, .reserved = reserved});
    }
    void fresh(const WebSocketOptions& options = {.max_message = kLimit}) {
        pair.reset();
        seen = Recorder();
        open(role(), options);
    }
    /// A new connection on which `bytes` must end with `code`, without a delivery.
    void refused(const std::string& bytes, int code, const std::string& what) {
        SCOPED_TRACE(what);
        fresh();
        pair->write(bytes);
        expect_violation(code);
        EXPECT_TRUE(seen.texts.empty());
        EXPECT_TRUE(seen.binaries.empty());
    }
    /// A new connection on which `bytes` are the one message `text`.
    void delivers(const std::string& bytes, const std::string& text) {
        fresh();
        pair->write(bytes);
        ASSERT_TRUE(until([&] { return !seen.texts.empty() || seen.closes > 0; }));
        EXPECT_EQ(seen.texts, Texts{text});
    }
    /// What has come is read.
    void turn() {
        for (int i = 0; i < 2; ++i) {
            bool turned = false;
            shard.defer([&turned] { turned = true; });
            ASSERT_TRUE(until([&turned] { return turned; }));
        }
    }
    /// Our answer to the peer's close frame with `payload`.
    std::string answer_to_close(const std::string& payload) {
        fresh();
        pair->write(peer_frame(kClose, payload));
        auto got = frames(1);
        closed();
        return got.size() == 1 && got[0].opcode == kClose ? got[0].payload : "no close frame";
    }
};
}  // namespace trunkline::test
