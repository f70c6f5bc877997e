// Both sides of the engine's WebSocket in front of wsproto; the cases are in wsproto_judge.py.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "engine/net/websocket_client.h"
#include "tests/unit/net/server_support.h"

namespace trunkline::test {
namespace {

/// The judge as a child process.
class Judge {
  public:
    explicit Judge(const std::string& arguments) {
        const char* source = std::getenv("TRUNKLINE_SOURCE_DIR");
        std::string script = std::string(source ? source : ".") + "/tests/conformance/websocket/wsproto_judge.py";
        pipe_ = popen(("/usr/bin/python3 " + script + " " + arguments + " 2>&1").c_str(), "r");
    }
    ~Judge() {
        if (pipe_) pclose(pipe_);
    }
    std::string line() {
        char text[512] = "";
        return fgets(text, sizeof text, pipe_) ? text : "";
    }
    /// Everything it still says, and its exit status.
    std::pair<std::string, int> end() {
        std::string all;
        for (std::string one = line(); !one.empty(); one = line()) all += one;
        return {all, pclose(std::exchange(pipe_, nullptr))};
    }

  private:
    FILE* pipe_;
};

TEST(Wsproto, judges_our_server) {
    TestServer server;
    auto [said, status] = Judge("client " + std::to_string(server.port())).end();
    EXPECT_EQ(status, 0) << said;
    EXPECT_EQ(said.find("not ok"), std::string::npos) << said;
    EXPECT_NE(said.find("ok echo_sizes"), std::string::npos) << said;
}

TEST(Wsproto, judges_our_client) {
    Judge judge("server");
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
