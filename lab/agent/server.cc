#include "lab/agent/server.h"

#include <libsoup/soup.h>

#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "engine/core/main_context.h"

namespace trunkline::lab::agent {
namespace {

constexpr int kFarewellMs = 300;

void refuse(SoupServerMessage* message, const Refusal& refusal) {
    SoupMessageHeaders* headers = soup_server_message_get_response_headers(message);
    for (const auto& [name, value] : refusal.headers) {
        soup_message_headers_replace(headers, name.c_str(), value.c_str());
    }
    soup_server_message_set_status(message, refusal.status, nullptr);
    soup_server_message_set_response(message, "application/json", SOUP_MEMORY_COPY, refusal.body.data(),
                                     refusal.body.size());
}

}  // namespace

struct Server::Impl {
    explicit Impl(std::function<void(const LabEvent&)> events) : ledger(std::move(events)) {}

    std::shared_ptr<Door> door;
    std::string path;
    std::string host;
    Ledger ledger;
    World world;
    GMainContext* context = nullptr;
    GMainLoop* loop = nullptr;
    SoupServer* server = nullptr;
    int port = 0;
    mutable std::mutex mutex;
    size_t refused = 0;  // guarded by `mutex`
    std::map<int, std::unique_ptr<ServedSession>> sessions;
    std::thread thread;

    Status listen(int wanted_port);
    void handle();
    void run(int wanted_port, std::promise<Status>& ready);
    void farewell();
    void early(SoupServerMessage* message, const char* at);
    void accept(SoupServerMessage* message, SoupWebsocketConnection* socket);
    void post(std::function<void()> action) { run_soon(context, std::move(action)); }
};

void Server::Impl::handle() {
    // The most specific path's handlers alone are called, so the agent's path needs its own early handler.
    for (const char* one : {static_cast<const char*>(nullptr), path.c_str()}) {
        soup_server_add_early_handler(
            server, one,
            [](SoupServer*, SoupServerMessage* message, const char* at, GHashTable*, gpointer self) {
                static_cast<Impl*>(self)->early(message, at);
            },
            this, nullptr);
    }
    std::vector<std::string> subprotocols = door->subprotocols();
    std::vector<char*> names;
    names.reserve(subprotocols.size() + 1);
    for (std::string& name : subprotocols) names.push_back(name.data());
    names.push_back(nullptr);
    soup_server_add_websocket_handler(
        server, path.c_str(), nullptr, names.size() > 1 ? names.data() : nullptr,
        [](SoupServer*, SoupServerMessage* message, const char*, SoupWebsocketConnection* socket, gpointer self) {
            static_cast<Impl*>(self)->accept(message, socket);
        },
        this, nullptr);
}

Status Server::Impl::listen(int wanted_port) {
    server = soup_server_new("server-header", "trunkline-lab", nullptr);
    soup_server_remove_websocket_extension(server, SOUP_TYPE_WEBSOCKET_EXTENSION_DEFLATE);
    handle();
    GError* error = nullptr;
    GInetAddress* address = g_inet_address_new_from_string(host.c_str());
    if (!address) return fail("cannot-listen", "'" + host + "' is not an IP address");
    GSocketAddress* socket = g_inet_socket_address_new(address, static_cast<guint16>(wanted_port));
    soup_server_listen(server, socket, static_cast<SoupServerListenOptions>(0), &error);
    g_object_unref(socket);
    g_object_unref(address);
    if (error) {
        const std::string text = host + ":" + std::to_string(wanted_port) + ": " + error->message;
        g_error_free(error);
        return fail("cannot-listen", text);
    }
    GSList* uris = soup_server_get_uris(server);
    port = uris ? g_uri_get_port(static_cast<GUri*>(uris->data)) : 0;
    g_slist_free_full(uris, reinterpret_cast<GDestroyNotify>(g_uri_unref));
    return {};
}

void Server::Impl::run(int wanted_port, std::promise<Status>& ready) {
    g_main_context_push_thread_default(context);
    Status listening = listen(wanted_port);
    const bool good = listening.has_value();
    ready.set_value(std::move(listening));
    if (good) g_main_loop_run(loop);
    farewell();
    if (server) {
        soup_server_disconnect(server);
        g_object_unref(server);
    }
    while (g_main_context_iteration(context, FALSE)) {
    }
    g_main_context_pop_thread_default(context);
}

/// Closes what is open and gives clients a moment to answer.
void Server::Impl::farewell() {
    for (auto& [number, session] : sessions) session->farewell();
    const int64_t until = g_get_monotonic_time() + kFarewellMs * 1000;
    GSource* wake = g_timeout_source_new(10);
    g_source_set_callback(
        wake, [](gpointer) -> gboolean { return G_SOURCE_CONTINUE; }, nullptr, nullptr);
    g_source_attach(wake, context);
    while (!sessions.empty() && g_get_monotonic_time() < until) g_main_context_iteration(context, TRUE);
    g_source_destroy(wake);
    g_source_unref(wake);
    sessions.clear();
}

void Server::Impl::early(SoupServerMessage* message, const char* at) {
    const auto refusal = door->gate(ledger, Request(message), at == path);
    if (!refusal) return;
    {
        const std::lock_guard lock(mutex);
        ++refused;
    }
    refuse(message, *refusal);
}

void Server::Impl::accept(SoupServerMessage* message, SoupWebsocketConnection* socket) {
    auto slot = std::make_shared<int>(0);
    const Request request(message);
    auto session =
        door->accept({world, request, socket, [this, slot] { post([this, slot] { sessions.erase(*slot); }); }});
    *slot = session->number();
    sessions[*slot] = std::move(session);
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Server>> Server::start(const std::string& host, int port, std::shared_ptr<Door> door,
                                              World world, std::function<void(const LabEvent&)> events) {
    auto impl = std::make_unique<Impl>(std::move(events));
    impl->path = door->path();
    impl->door = std::move(door);
    impl->host = host;
    impl->context = g_main_context_new();
    impl->loop = g_main_loop_new(impl->context, FALSE);
    impl->world = std::move(world);
    impl->world.context = impl->context;
    impl->world.ledger = &impl->ledger;
    auto ready = std::make_shared<std::promise<Status>>();
    auto status = ready->get_future();
    Impl* raw = impl.get();
    raw->thread = std::thread([raw, port, ready] { raw->run(port, *ready); });
    std::unique_ptr<Server> server(new Server(std::move(impl)));
    if (const Status listening = status.get(); !listening) return tl::unexpected<Error>(listening.error());
    return server;
}

Server::~Server() {
    impl_->post([loop = impl_->loop] { g_main_loop_quit(loop); });
    impl_->thread.join();
    g_main_loop_unref(impl_->loop);
    g_main_context_unref(impl_->context);
}

int Server::port() const { return impl_->port; }
std::string Server::url() const { return "ws://" + impl_->host + ":" + std::to_string(impl_->port) + impl_->path; }
const Ledger& Server::ledger() const { return impl_->ledger; }

size_t Server::refused() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->refused;
}

void Server::with_session(int number, std::function<void(ServedSession&)> action) {
    impl_->post([impl = impl_.get(), number, action = std::move(action)] {
        const auto it = impl->sessions.find(number);
        if (it != impl->sessions.end()) action(*it->second);
    });
}

}  // namespace trunkline::lab::agent
