// ws_echo_client URL [AGENT [FIRST [LAST]]]: the engine's WebSocket client against a fuzzing server such as Autobahn's.
//
//   URL/getCaseCount ──▶ n      URL/runCase?case=1…n&agent=AGENT: echo everything      URL/updateReports?agent=AGENT
//
// Ends with 0 when every case could be dialled; what the cases came to stands in the suite's report. docs/websocket.md
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "echo_session.h"
#include "engine/loop/shard.h"
#include "engine/net/tls.h"
#include "engine/net/websocket_client.h"

namespace trunkline::test {
namespace {

constexpr std::chrono::minutes kCaseLimit(5);

/// Keeps the last text of a socket that is not echoed: the answer to getCaseCount.
class Ear final : public WebSocketListener {
  public:
    std::string text;
    bool over = false;

  private:
    void on_text(std::string_view message) override { text = message; }
    void on_binary(std::span<const uint8_t>) override {}
    void on_close(CloseCause, uint16_t, std::string_view) override { over = true; }
};

class Walker {
  public:
    Walker(std::string url, std::string agent) : url_(std::move(url)), agent_(std::move(agent)) {}

    int walk(int first, int last) {
        auto count = ask("/getCaseCount");
        if (!count) return 1;
        if (last == 0 || last > std::atoi(count->c_str())) last = std::atoi(count->c_str());
        std::printf("cases %d to %d\n", first, last);
        int undialled = 0;
        for (int i = first; i <= last; ++i) undialled += run_case(i) ? 0 : 1;
        const bool reported = ask("/updateReports?agent=" + agent_).has_value();
        std::printf("%d cases run, %d could not be dialled\n", last - first + 1 - undialled, undialled);
        return undialled == 0 && reported ? 0 : 1;
    }

  private:
    std::unique_ptr<WebSocket> dial(const std::string& path) {
        bool done = false;
        std::unique_ptr<WebSocket> socket;
        auto handle =
            dial_websocket(&shard_, {.url = url_ + path, .options = echo_limits()},
                           [&](Result<std::unique_ptr<WebSocket>> result, const UpgradeRefusal&) {
                               done = true;
                               if (result) socket = std::move(*result);
                               if (!result)
                                   std::fprintf(stderr, "%s: %s\n", path.c_str(), result.error().message.c_str());
                           });
        shard_.run_until([&] { return done; }, kCaseLimit);
        return socket;
    }

    bool run_case(int number) {
        auto socket = dial("/runCase?case=" + std::to_string(number) + "&agent=" + agent_);
        if (!socket) return false;
        bool over = false;
        EchoSession session(std::move(socket), [&over](CloseCause) { over = true; });
        if (!shard_.run_until([&] { return over; }, kCaseLimit))
            std::fprintf(stderr, "case %d did not end within five minutes\n", number);
        return true;
    }

    std::optional<std::string> ask(const std::string& path) {
        auto socket = dial(path);
        if (!socket) return std::nullopt;
        Ear ear;
        socket->set_listener(&ear);
        shard_.run_until([&] { return ear.over; }, kCaseLimit);
        return ear.text;
    }

    const std::string url_;
    const std::string agent_;
    Shard shard_{0};
};

}  // namespace
}  // namespace trunkline::test

int main(int argc, char** argv) {
    if (argc < 2 || argc > 5) {
        std::fprintf(stderr, "usage: ws_echo_client URL [AGENT [FIRST [LAST]]]\n");
        return 2;
    }
    std::string url = argv[1];
    while (url.ends_with('/')) url.pop_back();
    if (url.starts_with("wss:")) {
        if (auto status = trunkline::tls_init(""); !status) {
            std::fprintf(stderr, "ws_echo_client: %s\n", status.error().message.c_str());
            return 1;
        }
    }
    trunkline::test::Walker walker(url, argc > 2 ? argv[2] : "trunkline");
    return walker.walk(argc > 3 ? std::atoi(argv[3]) : 1, argc > 4 ? std::atoi(argv[4]) : 0);
}
