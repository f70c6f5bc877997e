// ws_echo_server [PORT [CERTIFICATE KEY]]: the engine's HTTP server with one WebSocket route, "/", that echoes. For
// suites that judge a server from outside, such as Autobahn's fuzzing client; see docs/websocket.md. It ends at SIGTERM
// or SIGINT.
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <map>

#include "echo_session.h"
#include "engine/loop/shard_pool.h"
#include "engine/net/http_server.h"

namespace trunkline::test {
namespace {

/// The sessions of the one shard.
class Room {
  public:
    void take(std::unique_ptr<WebSocket> socket) {
        const int id = ++last_;
        sessions_[id] =
            std::make_unique<EchoSession>(std::move(socket), [this, id](CloseCause) { sessions_.erase(id); });
    }
    void clear() { sessions_.clear(); }

  private:
    int last_ = 0;
    std::map<int, std::unique_ptr<EchoSession>> sessions_;
};

int serve(const HttpServerOptions& options, const sigset_t& signals) {
    ShardPool pool(1);
    Room room;
    HttpServer server(&pool, options);
    server.upgrade("/", [&room](Shard*, const HttpRequest&, auto* accepted) {
        *accepted = [&room](std::unique_ptr<WebSocket> socket) { room.take(std::move(socket)); };
        return std::optional<HttpResponse>();
    });
    if (auto status = server.listen(); !status) {
        std::fprintf(stderr, "ws_echo_server: %s\n", status.error().message.c_str());
        return 1;
    }
    std::printf("%s://127.0.0.1:%u/\n", options.tls_key.empty() ? "ws" : "wss", unsigned{server.port()});
    std::fflush(stdout);
    int signal = 0;
    sigwait(&signals, &signal);
    server.stop();
    pool.run_on_each([&room](Shard*) { room.clear(); });
    return 0;
}

}  // namespace
}  // namespace trunkline::test

int main(int argc, char** argv) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    if (argc == 3 || argc > 4) {
        std::fprintf(stderr, "usage: ws_echo_server [PORT [CERTIFICATE KEY]]\n");
        return 2;
    }
    trunkline::HttpServerOptions options;
    options.port = static_cast<uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
    options.websocket = trunkline::test::echo_limits();
    if (argc == 4) {
        options.tls_certificate = argv[2];
        options.tls_key = argv[3];
    }
    return trunkline::test::serve(options, signals);
}
