// HttpServer: the routes, and one ShardServer for every shard of the pool.
#include "engine/net/http_server.h"

#include <algorithm>

#include "engine/loop/shard_pool.h"
#include "engine/net/http_listener.h"
#include "engine/net/http_shard_server.h"

namespace trunkline {
namespace {

constexpr size_t kHandshakesAtOnce = 8;  // GIO's pool has ten threads, for all shards, DNS and our own dials

}  // namespace

struct HttpServer::Impl {
    ShardPool* shards;
    HttpServerOptions options;
    RouteTable routes;
    std::vector<std::shared_ptr<ShardServer>> servers;  // by shard index; each is made, used and dropped on its shard
    std::shared_ptr<HttpCounters> counters = std::make_shared<HttpCounters>();
    uint16_t port = 0;
};

HttpServer::HttpServer(ShardPool* shards, HttpServerOptions options) : impl_(std::make_unique<Impl>()) {
    impl_->shards = shards;
    impl_->options = std::move(options);
}

HttpServer::~HttpServer() {
    if (impl_->servers.empty()) return;
    impl_->shards->run_on_each([this](Shard* shard) {
        auto& mine = impl_->servers[static_cast<size_t>(shard->index())];
        if (mine) mine->close();
        mine.reset();
    });
}

void HttpServer::route(std::string_view method, std::string_view pattern, HttpHandler handler) {
    impl_->routes.add(method, pattern, std::move(handler));
}

void HttpServer::upgrade(std::string_view pattern, UpgradeHandler handler) {
    impl_->routes.add_upgrade(pattern, std::move(handler));
}

Status HttpServer::listen() {
    auto certificate = load_server_certificate(impl_->options.tls_certificate, impl_->options.tls_key);
    if (!certificate) return fail("listen", certificate.error().message);
    auto fds = open_listeners(impl_->options.host, impl_->options.port, impl_->shards->size());
    if (!fds) return tl::unexpected(fds.error());
    impl_->port = listener_port(fds->front());
    impl_->servers.resize(impl_->shards->size());
    const size_t handshakes = std::max<size_t>(1, kHandshakesAtOnce / impl_->shards->size());
    impl_->shards->run_on_each([&](Shard* shard) {
        auto index = static_cast<size_t>(shard->index());
        impl_->servers[index] = std::make_shared<ShardServer>(shard, &impl_->options, &impl_->routes, *certificate,
                                                              impl_->counters, handshakes);
        impl_->servers[index]->listen((*fds)[index]);
    });
    return {};
}

Status HttpServer::reload_certificate() {
    if (impl_->servers.empty() || impl_->options.tls_certificate.empty()) return {};
    auto certificate = load_server_certificate(impl_->options.tls_certificate, impl_->options.tls_key);
    if (!certificate) return tl::unexpected(certificate.error());
    impl_->shards->run_on_each([&](Shard* shard) {
        auto& mine = impl_->servers[static_cast<size_t>(shard->index())];
        if (mine) mine->use_certificate(*certificate);
    });
    return {};
}

void HttpServer::stop() {
    if (impl_->servers.empty()) return;
    impl_->shards->run_on_each([this](Shard* shard) {
        auto& mine = impl_->servers[static_cast<size_t>(shard->index())];
        if (mine) mine->stop_listening();
    });
}

uint16_t HttpServer::port() const { return impl_->port; }
const HttpCounters& HttpServer::counters() const { return *impl_->counters; }

}  // namespace trunkline
