#pragma once
// The part of an HttpServer that lives on one shard: its listener, its SoupServer, and the way of a request through
// them.
//
//   HttpListener ─fd─▶ HttpGate ─fd─▶ (TLS handshake) ─▶ SoupServer ─▶ route ─┬▶ HttpHandler    answer now or later
//                                                              └▶ UpgradeHandler ─101─▶ WebSocket
#include <memory>

#include "engine/net/http_connection.h"
#include "engine/net/http_gate.h"
#include "engine/net/http_listener.h"
#include "engine/net/http_routes.h"
#include "engine/net/server_certificate.h"
#include "engine/net/tls_handshakes.h"

typedef struct _GBytes GBytes;
typedef struct _GIOStream GIOStream;
typedef struct _SoupServer SoupServer;
typedef struct _SoupServerMessage SoupServerMessage;

namespace trunkline {

class ShardServer final : public std::enable_shared_from_this<ShardServer> {
  public:
    /// `options` and `routes` outlive the server.
    ShardServer(Shard* shard, const HttpServerOptions* options, const RouteTable* routes, CertificatePtr certificate,
                std::shared_ptr<HttpCounters> counters, size_t handshakes_at_once);
    ~ShardServer();
    void listen(int fd);
    void stop_listening();
    /// For connections that come from now on; those that are open go on with theirs.
    void use_certificate(CertificatePtr certificate);
    /// Drops all connections; sockets that were upgraded live on.
    void close();

  private:
    struct Upgrade;
    void serve_fd(int fd);
    void serve(GIOStream* stream, GSocketAddress* local, GSocketAddress* remote);
    static void on_got_headers(SoupServerMessage* message, const HttpServerOptions* options);
    static void on_got_chunk(SoupServerMessage* message, GBytes* chunk, const HttpServerOptions* options);
    static void on_request_started(SoupServer*, SoupServerMessage* message, void* self);
    static void on_request_read(SoupServer*, SoupServerMessage* message, void* self);
    static void on_request_over(SoupServer*, SoupServerMessage* message, void* self);
    void handle(SoupServerMessage* message);
    void run_handler(SoupServerMessage* message, const HttpHandler& handler, const HttpRequest& request);
    void run_upgrade(SoupServerMessage* message, const UpgradeHandler& handler, const HttpRequest& request);
    void upgraded(SoupServerMessage* message, const std::function<void(std::unique_ptr<WebSocket>)>& accepted);

    Shard* const shard_;
    const HttpServerOptions* const options_;
    const RouteTable* const routes_;
    CertificatePtr certificate_;
    SoupServer* server_ = nullptr;
    int idle_fd_ = -1;  // other end of the socket pair that libsoup takes for a listener
    const std::shared_ptr<HttpCounters> counters_;
    const std::shared_ptr<HttpCrowd> crowd_;
    std::shared_ptr<TlsHandshakes> handshakes_;
    std::unique_ptr<HttpGate> gate_;
    std::unique_ptr<HttpListener> listener_;
};

}  // namespace trunkline
