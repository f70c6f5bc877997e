// Connections in, requests to their handlers, upgrades out. Two things of libsoup 3.2 are worked around here: its
// listener (see http_listener.h), and that it keeps connections alive only while it has one, so it gets a socket that
// never speaks.
#include "engine/net/http_shard_server.h"

#include <libsoup/soup.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/core/log.h"
#include "engine/net/http_exchange.h"
#include "engine/net/http_upgrade.h"
#include "engine/net/upgrade_request.h"

namespace trunkline {
namespace {

/// Of a body beyond the limit so much more is read, so that a client which sends first and reads later gets its 413.
constexpr size_t kBodyPatience = 256U << 10;

HttpConnection* connection_of(SoupServerMessage* message) {
    return HttpConnection::of(soup_server_message_get_remote_address(message));
}

/// A new address object. GSocket keeps the one it hands out for itself, and may drop it on the thread of a TLS
/// handshake; ours carries the HttpConnection and must stay on the shard.
GSocketAddress* remote_address_of(GSocket* socket) {
    GSocketAddress* kept = g_socket_get_remote_address(socket, nullptr);
    if (!kept) return nullptr;
    auto* inet = G_INET_SOCKET_ADDRESS(kept);
    GSocketAddress* own =
        g_inet_socket_address_new(g_inet_socket_address_get_address(inet), g_inet_socket_address_get_port(inet));
    g_object_unref(kept);
    return own;
}

HttpResponse too_large(size_t limit) {
    auto response = HttpResponse::problem(413, {}, "the body is larger than " + std::to_string(limit) + " bytes");
    return response;
}

/// The 101, ours rather than libsoup's: that one checks again, by rules of its own, after the handler has accepted.
void switch_protocols(SoupServerMessage* message, std::string_view key) {
    SoupMessageHeaders* headers = soup_server_message_get_response_headers(message);
    soup_message_headers_replace(headers, "Upgrade", "websocket");
    soup_message_headers_replace(headers, "Connection", "Upgrade");
    soup_message_headers_replace(headers, "Sec-WebSocket-Accept", websocket_accept(key).c_str());
    soup_server_message_set_status(message, SOUP_STATUS_SWITCHING_PROTOCOLS, nullptr);
}

HttpResponse no_route(const HttpRequest& request, const std::string& allow, bool upgradable) {
    if (upgradable && request.method == "GET") {
        auto response = HttpResponse::problem(426, {}, "this path serves WebSockets only");
        response.headers.emplace_back("Upgrade", "websocket");
        return response;
    }
    if (allow.empty() && !upgradable) return HttpResponse::problem(404, {}, "no such path");
    auto response = HttpResponse::problem(405, {}, "this path does not take " + request.method);
    response.headers.emplace_back("Allow", allow.empty() ? "GET" : allow);
    return response;
}

}  // namespace

/// An upgrade whose 101 is being written.
struct ShardServer::Upgrade {
    ShardServer* server;
    std::function<void(std::unique_ptr<WebSocket>)> accepted;
};

ShardServer::ShardServer(Shard* shard, const HttpServerOptions* options, const RouteTable* routes,
                         CertificatePtr certificate, std::shared_ptr<HttpCounters> counters, size_t handshakes_at_once)
    : shard_(shard),
      options_(options),
      routes_(routes),
      certificate_(std::move(certificate)),
      counters_(std::move(counters)),
      crowd_(std::make_shared<HttpCrowd>(options->max_in_progress, counters_)) {
    handshakes_ = std::make_shared<TlsHandshakes>(
        shard_, handshakes_at_once,
        [this](GIOStream* tls, GSocketAddress* local, GSocketAddress* remote) { serve(tls, local, remote); });
    server_ = soup_server_new("server-header", "trunkline", "raw-paths", TRUE, nullptr);
    soup_server_remove_websocket_extension(server_, SOUP_TYPE_WEBSOCKET_EXTENSION_DEFLATE);
    g_signal_connect(server_, "request-started", G_CALLBACK(on_request_started), this);
    g_signal_connect(server_, "request-read", G_CALLBACK(on_request_read), this);
    g_signal_connect(server_, "request-finished", G_CALLBACK(on_request_over), this);
    g_signal_connect(server_, "request-aborted", G_CALLBACK(on_request_over), this);
    auto handler = [](SoupServer*, SoupServerMessage* message, const char*, GHashTable*, gpointer self) {
        static_cast<ShardServer*>(self)->handle(message);
    };
    soup_server_add_handler(server_, nullptr, handler, this, nullptr);
}

ShardServer::~ShardServer() { close(); }

void ShardServer::listen(int fd) {
    int pair[2] = {-1, -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0) {
        idle_fd_ = pair[0];
        GSocket* silent = g_socket_new_from_fd(pair[1], nullptr);
        soup_server_listen_socket(server_, silent, static_cast<SoupServerListenOptions>(0), nullptr);
        g_object_unref(silent);
    }
    HttpGateOptions gate;
    gate.timeout_ms = options_->header_timeout_ms;
    gate.max_waiting = options_->max_waiting;
    gate.max_head = options_->max_head;
    gate.tls = certificate_ != nullptr;
    gate_ = std::make_unique<HttpGate>(shard_, gate, counters_.get(), [this](int ready_fd) { serve_fd(ready_fd); });
    listener_ = std::make_unique<HttpListener>(
        shard_, fd, [this](int accepted_fd) { gate_->admit(accepted_fd); },
        [this] {
            counters_->out_of_fds.fetch_add(1, std::memory_order_relaxed);
            gate_->make_room();
        });
}

void ShardServer::stop_listening() { listener_.reset(); }

void ShardServer::use_certificate(CertificatePtr certificate) { certificate_ = std::move(certificate); }

void ShardServer::close() {
    listener_.reset();
    gate_.reset();
    handshakes_->stop();
    if (SoupServer* server = std::exchange(server_, nullptr)) {
        g_signal_handlers_disconnect_by_data(server, this);
        soup_server_remove_handler(server, nullptr);
        soup_server_disconnect(server);
        g_object_unref(server);
    }
    if (idle_fd_ >= 0) ::close(std::exchange(idle_fd_, -1));
}

void ShardServer::serve_fd(int fd) {
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    GSocket* socket = g_socket_new_from_fd(fd, nullptr);
    if (!socket) {
        ::close(fd);
        return;
    }
    GSocketAddress* local = g_socket_get_local_address(socket, nullptr);
    GSocketAddress* remote = remote_address_of(socket);  // null when the peer has left again
    if (local && remote) {
        auto connection = std::make_unique<HttpConnection>(shard_, socket, options_->header_timeout_ms,
                                                           certificate_ != nullptr, crowd_);
        connection->arm(HttpConnection::Step::kRequest);
        HttpConnection::attach(remote, std::move(connection));
        GIOStream* stream = G_IO_STREAM(g_socket_connection_factory_create_connection(socket));
        serve(stream, local, remote);
        g_object_unref(stream);
    }
    g_clear_object(&local);
    g_clear_object(&remote);
    g_object_unref(socket);
}

void ShardServer::serve(GIOStream* stream, GSocketAddress* local, GSocketAddress* remote) {
    if (!certificate_ || G_IS_TLS_CONNECTION(stream)) {
        soup_server_accept_iostream(server_, stream, local, remote, nullptr);
        return;
    }
    GIOStream* tls = g_tls_server_connection_new(stream, certificate_.get(), nullptr);
    if (!tls) return;
    static const char* const kProtocols[] = {"http/1.1", nullptr};
    g_tls_connection_set_advertised_protocols(G_TLS_CONNECTION(tls), kProtocols);
    g_tls_connection_set_require_close_notify(G_TLS_CONNECTION(tls), FALSE);
    handshakes_->add(tls, local, remote);
    g_object_unref(tls);
}

void ShardServer::on_got_headers(SoupServerMessage* message, const HttpServerOptions* options) {
    SoupMessageHeaders* headers = soup_server_message_get_request_headers(message);
    // libsoup would cut answers into as many ranges as a client names, each of them a copy.
    soup_message_headers_remove(headers, "Range");
    goffset length = soup_message_headers_get_content_length(headers);
    if (length > 0 && static_cast<uint64_t>(length) > options->max_body) {
        soup_message_body_set_accumulate(soup_server_message_get_request_body(message), FALSE);
        if (auto* connection = connection_of(message)) connection->count_oversized();
        write_response(message, too_large(options->max_body));
    }
}

void ShardServer::on_got_chunk(SoupServerMessage* message, GBytes* chunk, const HttpServerOptions* options) {
    SoupMessageBody* body = soup_server_message_get_request_body(message);
    auto* connection = connection_of(message);
    // libsoup reads as long as there is something to read: a body without an end would hold the whole shard.
    if (connection) connection->note_body(g_bytes_get_size(chunk), options->max_body + kBodyPatience);
    if (soup_server_message_get_status(message) != 0) return;
    if (static_cast<uint64_t>(body->length) <= options->max_body) return;
    soup_message_body_set_accumulate(body, FALSE);
    soup_message_body_truncate(body);
    if (connection) connection->count_oversized();
    write_response(message, too_large(options->max_body));
}

void ShardServer::on_request_started(SoupServer*, SoupServerMessage* message, void* self) {
    auto* options = const_cast<HttpServerOptions*>(static_cast<ShardServer*>(self)->options_);
    g_signal_connect(message, "got-headers", G_CALLBACK(on_got_headers), options);
    g_signal_connect(message, "got-chunk", G_CALLBACK(on_got_chunk), options);
    // "OPTIONS *" meets no handler of ours: libsoup answers it, and would keep the connection.
    close_afterwards(message);
    if (auto* connection = connection_of(message)) connection->arm(HttpConnection::Step::kRequest);
}

/// The answer comes next; a handler that takes its time stops the clock.
void ShardServer::on_request_read(SoupServer*, SoupServerMessage* message, void*) {
    if (auto* connection = connection_of(message)) connection->arm(HttpConnection::Step::kAnswer);
}

/// libsoup closes the connection behind every answer.
void ShardServer::on_request_over(SoupServer*, SoupServerMessage* message, void*) {
    if (auto* connection = connection_of(message)) connection->disarm();
}

void ShardServer::handle(SoupServerMessage* message) {
    HttpRequest request = read_request(message);
    if (request.count("Host") > 1)  // RFC 9112 section 3.2; none at all libsoup refuses itself
        return write_response(message, HttpResponse::problem(400, {}, "more than one Host", "Host"));
    RouteTable::Found upgrade = routes_->find_upgrade(request.path);
    if (upgrade.upgrade && wants_websocket(request)) {
        request.captures = std::move(upgrade.captures);
        return run_upgrade(message, *upgrade.upgrade, request);
    }
    RouteTable::Found found = routes_->find(request.method, request.path);
    if (!found.handler) return write_response(message, no_route(request, found.allow, upgrade.upgrade != nullptr));
    request.captures = std::move(found.captures);
    run_handler(message, *found.handler, request);
}

void ShardServer::run_handler(SoupServerMessage* message, const HttpHandler& handler, const HttpRequest& request) {
    HttpConnection* connection = connection_of(message);  // lives as long as the message, which the exchange holds
    auto exchange = std::make_shared<HttpExchange>(message, [connection] {
        if (connection) connection->arm(HttpConnection::Step::kAnswer);
    });
    handler(shard_, request, [exchange](HttpResponse response) { exchange->answer(response); });
    if (exchange->pause_unless_answered() && connection) connection->disarm();
}

void ShardServer::run_upgrade(SoupServerMessage* message, const UpgradeHandler& handler, const HttpRequest& request) {
    bool http11 = soup_server_message_get_http_version(message) == SOUP_HTTP_1_1;
    if (auto refusal = check_websocket_request(request, http11)) return write_response(message, *refusal);
    auto upgrade = std::make_unique<Upgrade>(Upgrade{this, nullptr});
    if (auto refusal = handler(shard_, request, &upgrade->accepted)) return write_response(message, *refusal);
    switch_protocols(message, *request.header("Sec-WebSocket-Key"));
    auto callback = [](SoupServerMessage* upgraded_message, gpointer data) {
        auto* self = static_cast<Upgrade*>(data);
        self->server->upgraded(upgraded_message, self->accepted);
    };
    g_signal_connect_data(
        message, "wrote-informational", G_CALLBACK(static_cast<void (*)(SoupServerMessage*, gpointer)>(callback)),
        upgrade.release(), [](gpointer data, GClosure*) { delete static_cast<Upgrade*>(data); }, GConnectFlags(0));
}

void ShardServer::upgraded(SoupServerMessage* message,
                           const std::function<void(std::unique_ptr<WebSocket>)>& accepted) {
    auto done = accepted;  // the closure that holds it goes away with the connection
    if (auto* connection = connection_of(message)) connection->disarm();
    GIOStream* stream = soup_server_message_steal_connection(message);
    if (!stream || !done) {
        log_error("net", "an upgraded connection found nobody to take it");
        g_clear_object(&stream);
        return;
    }
    done(WebSocket::adopt(shard_, WebSocket::Role::kServer, stream, {}, options_->websocket));
}

}  // namespace trunkline
