#pragma once
// A server of the engine on its own threads, raw TCP clients, and certificates made with the openssl command.
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/loop/shard_pool.h"
#include "engine/net/http_server.h"
#include "support.h"
#include "tests/support/temp_folder.h"

namespace trunkline::test {

/// Keeps served sockets of one shard alive and echoes what they get. Shard thread only, but for the counters.
class EchoRoom {
  public:
    EchoRoom();
    ~EchoRoom();
    void take(std::unique_ptr<WebSocket> socket);
    void clear();
    std::atomic<int> opened{0};
    std::atomic<int> closed{0};
    std::atomic<int> last_code{0};

  private:
    struct Seat;
    std::vector<std::unique_ptr<Seat>> seats_;
};

/// GET /hello, POST /echo, GET /late, GET /never, GET /silent, GET /calls/*/log; WebSocket echo on /echo/*, refused
/// with 403 on /closed, offered by `options`.
class TestServer {
  public:
    explicit TestServer(HttpServerOptions options = {}, size_t shards = 1);
    ~TestServer();
    uint16_t port() const { return server->port(); }
    /// Runs `task` on shard 0 and waits.
    void on_shard(const std::function<void()>& task);

    ShardPool pool;
    std::vector<std::unique_ptr<EchoRoom>> rooms;  // by shard
    std::unique_ptr<HttpServer> server;
    std::vector<HttpReply> late;  // shard 0 only: the replies of /late
    std::atomic<int> handled{0};
    std::mutex mutex;
    std::string captured;
};

/// A blocking TCP client with a 5 s limit on every step.
class RawClient {
  public:
    explicit RawClient(uint16_t port);
    ~RawClient();
    RawClient& send(std::string_view bytes);
    /// Sends until the kernel takes no more; how much that was.
    size_t send_what_fits(std::string_view bytes);
    /// Reads until `done` says so, the end or the limit; returns everything read since the last call.
    std::string read_until(const std::function<bool(const std::string&)>& done);
    std::string read_head();  ///< up to the empty line; what follows stays
    std::string read_to_end();
    bool ended = false;
    std::string rest;

  private:
    int fd_;
};

/// Files of a certificate made on the spot.
struct Certificate {
    std::string certificate;
    std::string key;
};

/// A fresh folder with an own CA ("ca.pem") and certificates signed by it; removed at the end.
class CertificateFolder {
  public:
    CertificateFolder();
    std::string ca() const { return path_ + "/ca.pem"; }
    /// `names`: subjectAltName, e.g. "IP:127.0.0.1". `dates`: "" or openssl's -not_after… through `days`.
    Certificate issue(const std::string& name, const std::string& names, bool expired = false);
    Certificate self_signed(const std::string& name, const std::string& names);

  private:
    void run(const std::string& command) const;
    const TempFolder made_;
    const std::string& path_ = made_.path();
};

}  // namespace trunkline::test
