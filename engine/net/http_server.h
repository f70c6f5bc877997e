#pragma once
// HTTP server: one libsoup server per shard on one port (SO_REUSEPORT). Handlers run on the shard that took the
// connection and answer synchronously or later. An upgrade that a handler accepts becomes a WebSocket on the same
// shard.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/result.h"
#include "engine/net/websocket.h"

namespace trunkline {

class Shard;
class ShardPool;
struct HttpCounters;

struct HttpRequest {
    std::string method;  ///< upper case
    std::string path;    ///< as sent, percent-encoding kept, no query
    std::string query;   ///< as sent, without '?', may be empty
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::string remote;                 ///< peer address, without port
    std::vector<std::string> captures;  ///< what the '*' segments of the route matched, percent-decoded

    /// First value, names compared without case.
    std::optional<std::string_view> header(std::string_view name) const;
    size_t count(std::string_view name) const;  ///< how often a header stands in the request
    /// Pairs of an application/x-www-form-urlencoded text, decoded, order and repeats kept.
    static std::vector<std::pair<std::string, std::string>> parse_form(std::string_view text);
};

struct HttpResponse {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;

    static HttpResponse json(int status, std::string body);
    /// RFC 9457 application/problem+json. `field` names the input that is wrong, may be empty.
    static HttpResponse problem(int status, std::string_view title, std::string_view detail,
                                std::string_view field = {});
};

/// Answers once, on the shard; answering late is allowed, answering a request whose client is gone is a no-op.
using HttpReply = std::function<void(HttpResponse)>;
using HttpHandler = std::function<void(Shard*, const HttpRequest&, HttpReply)>;
/// Decides an upgrade before the 101: an HttpResponse refuses it, nothing accepts it and `accepted` is called next with
/// the socket, after the 101 has gone out.
using UpgradeHandler = std::function<std::optional<HttpResponse>(
    Shard*, const HttpRequest&, std::function<void(std::unique_ptr<WebSocket>)>* accepted)>;

struct HttpServerOptions {
    std::string host = "127.0.0.1";
    uint16_t port = 8080;            ///< 0 = any free one; see HttpServer::port()
    size_t max_body = 256U << 10;    ///< larger bodies: 413
    size_t max_head = 16U << 10;     ///< larger heads (request line and headers): 431
    int header_timeout_ms = 10'000;  ///< for the head, again for the body, and again for taking the answer: 408, closed
    size_t max_waiting = 2'048;      ///< connections per shard without a whole head; above, the oldest goes: 503
    size_t max_in_progress = 256;    ///< … with half a body, or an answer not taken; above, the oldest is cut
    WebSocketOptions websocket;
    std::string tls_certificate;  ///< PEM files; both or none
    std::string tls_key;
};

/// Routes are literal paths with '*' for one segment ("/api/v1/calls/*/log"); the longest literal match wins. Add all
/// of them before listen(). A path without a route: 404 problem; with one but another method: 405 with Allow.
class HttpServer {
  public:
    HttpServer(ShardPool* shards, HttpServerOptions options);
    ~HttpServer();
    void route(std::string_view method, std::string_view pattern, HttpHandler handler);
    void upgrade(std::string_view pattern, UpgradeHandler handler);
    /// Main thread. Binds and listens on every shard; error "listen" names address and cause.
    Status listen();
    /// Main thread. Reads the files of `tls_certificate` and `tls_key` again, for connections that come from now on;
    /// those that are open go on with what they have. Files that cannot be used change nothing: error
    /// "tls-certificate". Nothing to do on a server without TLS.
    Status reload_certificate();
    /// Main thread. Stops accepting; open requests and sockets live on.
    void stop();
    uint16_t port() const;
    /// Any thread.
    const HttpCounters& counters() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace trunkline
