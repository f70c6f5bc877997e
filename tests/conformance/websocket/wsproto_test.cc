// Both sides of the engine's WebSocket in front of wsproto; the cases are in wsproto_judge.py.
#include <gtest/gtest.h>

#include "engine/net/websocket_client.h"
#include "judge.h"
#include "tests/unit/net/server_support.h"

namespace trunkline::test {
namespace {

TEST(Wsproto, judges_our_server) {
    TestServer server;
    auto [said, status] = Judge("wsproto_judge.py client " + std::to_string(server.port())).end();
    EXPECT_EQ(status, 0) << said;
    EXPECT_EQ(said.find("not ok"), std::string::npos) << said;
    EXPECT_NE(said.find("ok echo_sizes"), std::string::npos) << said;
}

TEST(Wsproto, judges_our_client) {
    Judge judge("wsproto_judge.py server");
    std::string port = judge.line();
    ASSERT_FALSE(port.empty());
    port.pop_back();
    Shard shard(0);
    Recorder seen;
    std::unique_ptr<WebSocket> socket;
    auto dial = dial_websocket(
        &shard, {.url = "ws://127.0.0.1:" + port + "/judge?a=b", .headers = {{"Authorization", "Token x"}}},
        [&](auto result, const UpgradeRefusal&) {
            ASSERT_TRUE(result) << result.error().message;
            socket = std::move(*result);
            seen.echo = socket.get();
            socket->set_listener(&seen);
        });
    EXPECT_TRUE(shard.run_until([&] { return seen.closes > 0; }, std::chrono::seconds(10)));
    EXPECT_EQ(seen.cause, CloseCause::kPeerClosed);
    EXPECT_EQ(seen.code, 4002);
    EXPECT_EQ(seen.reason, "enough");
    socket.reset();
    auto [said, status] = judge.end();
    EXPECT_EQ(status, 0) << said;
    EXPECT_NE(said.find("ok close"), std::string::npos) << said;
}

}  // namespace
}  // namespace trunkline::test
