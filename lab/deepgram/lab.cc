// The server: one thread, one main context, one SoupServer, any number of sessions.
#include "lab/deepgram/lab.h"

#include <libsoup/soup.h>

#include <future>
#include <map>
#include <thread>

#include "lab/deepgram/handshake.h"
#include "lab/deepgram/messages.h"
#include "lab/deepgram/session.h"

namespace trunkline::lab::deepgram {
namespace {

constexpr const char* kPath = "/v1/agent/converse";
constexpr int kFarewellMs = 300;

void refuse(SoupServerMessage* message, unsigned status, const char* code, const std::string& text) {
    char* uuid = g_uuid_string_random();
    const std::string body = handshake_error(code, text, uuid);
    SoupMessageHeaders* headers = soup_server_message_get_response_headers(message);
    soup_message_headers_replace(headers, "dg-error", text.c_str());
    soup_message_headers_replace(headers, "dg-request-id", uuid);
    soup_server_message_set_status(message, status, nullptr);
    soup_server_message_set_response(message, "application/json", SOUP_MEMORY_COPY, body.data(), body.size());
    g_free(uuid);
}

std::string header(SoupServerMessage* message, const char* name) {
    const char* value = soup_message_headers_get_list(soup_server_message_get_request_headers(message), name);
    return value ? value : "";
}

Result<std::shared_ptr<KnownSpeech>> known_speech(SpeechLibrary& library, const Brain& brain) {
    auto known = std::make_shared<KnownSpeech>();
    const std::vector<std::string> callers = brain.callers.empty() ? library.names() : brain.callers;
    for (const std::string& one : callers) {
        auto recording = library.speech(one);
        if (!recording) return tl::unexpected<Error>(recording.error());
        known->add(*recording);
    }
    return known;
}

/// Generated lines take a while: made before the first call, not during it.
void warm(SpeechLibrary& library, const Brain& brain) {
    const auto all = [&](const Reply& reply) {
        for (const std::string& line : reply.say) {
            if (line.find("{result}") == std::string::npos) (void)library.speech(line);
        }
        (void)library.speech(reply.say_unanswered);
    };
    if (!brain.greeting.empty() && brain.greeting != "-") (void)library.speech(brain.greeting);
    for (const Rule& rule : brain.rules) all(rule.reply);
    all(brain.fallback);
}

}  // namespace

struct DeepgramLab::Impl {
    explicit Impl(EventSink events) : ledger(std::move(events)) {}

    DeepgramOptions options;  // guarded by `mutex` once the thread runs
    mutable std::mutex mutex;
    Ledger ledger;
    World world;
    GMainContext* context = nullptr;
    GMainLoop* loop = nullptr;
    SoupServer* server = nullptr;
    int port = 0;
    size_t refused = 0;  // guarded by `mutex`
    std::map<int, std::unique_ptr<Session>> sessions;
    std::thread thread;

    DeepgramOptions current() const {
        const std::lock_guard lock(mutex);
        return options;
    }
    Status listen();
    void run(const std::shared_ptr<std::promise<Status>>& ready);
    void farewell();
    void early(SoupServerMessage* message, const char* path);
    void accept(SoupServerMessage* message, SoupWebsocketConnection* socket);
    void post(std::function<void()> action);
};

Status DeepgramLab::Impl::listen() {
    server = soup_server_new("server-header", "trunkline-lab", nullptr);
    soup_server_remove_websocket_extension(server, SOUP_TYPE_WEBSOCKET_EXTENSION_DEFLATE);
    // The most specific path's handlers alone are called, so the agent's path needs its own early handler.
    for (const char* path : {static_cast<const char*>(nullptr), kPath}) {
        soup_server_add_early_handler(
            server, path,
            [](SoupServer*, SoupServerMessage* message, const char* at, GHashTable*, gpointer self) {
                static_cast<Impl*>(self)->early(message, at);
            },
            this, nullptr);
    }
    static const char* protocols[] = {"token", "bearer", nullptr};
    soup_server_add_websocket_handler(
        server, kPath, nullptr, const_cast<char**>(protocols),
        [](SoupServer*, SoupServerMessage* message, const char*, SoupWebsocketConnection* socket, gpointer self) {
            static_cast<Impl*>(self)->accept(message, socket);
        },
        this, nullptr);
    GError* error = nullptr;
    GInetAddress* host = g_inet_address_new_from_string(options.host.c_str());
    if (!host) return fail("cannot-listen", "'" + options.host + "' is not an IP address");
    GSocketAddress* address = g_inet_socket_address_new(host, static_cast<guint16>(options.port));
    soup_server_listen(server, address, static_cast<SoupServerListenOptions>(0), &error);
    g_object_unref(address);
    g_object_unref(host);
    if (error) {
        const std::string text = options.host + ":" + std::to_string(options.port) + ": " + error->message;
        g_error_free(error);
        return fail("cannot-listen", text);
    }
    GSList* uris = soup_server_get_uris(server);
    port = uris ? g_uri_get_port(static_cast<GUri*>(uris->data)) : 0;
    g_slist_free_full(uris, reinterpret_cast<GDestroyNotify>(g_uri_unref));
    return {};
}

void DeepgramLab::Impl::run(const std::shared_ptr<std::promise<Status>>& ready) {
    g_main_context_push_thread_default(context);
    Status listening = listen();
    const bool good = listening.has_value();
    ready->set_value(std::move(listening));
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

/// Closes what is open, with the error a server sends when it goes away, and gives clients a moment to answer.
void DeepgramLab::Impl::farewell() {
    for (auto& [number, session] : sessions) {
        session->send(coded("Error", "SERVER_GOING_AWAY", "the lab stops"));
        session->close(1001);
    }
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

void DeepgramLab::Impl::early(SoupServerMessage* message, const char* path) {
    const auto count = [this] {
        const std::lock_guard lock(mutex);
        ++refused;
    };
    if (std::string_view(path) != kPath) {
        count();
        refuse(message, SOUP_STATUS_NOT_FOUND, "NOT_FOUND", std::string("no such path; the agent is at ") + kPath);
        return;
    }
    const Authorisation auth =
        authorise(header(message, "Authorization"), header(message, "Sec-WebSocket-Protocol"), current().api_key);
    if (auth.granted) return;
    count();
    ledger.event(0, "handshake", "refused with 401: " + auth.reason);
    refuse(message, SOUP_STATUS_UNAUTHORIZED, "INVALID_AUTH", auth.reason);
}

void DeepgramLab::Impl::accept(SoupServerMessage* message, SoupWebsocketConnection* socket) {
    DeepgramOptions session_options = current();
    GUri* uri = soup_server_message_get_uri(message);
    if (const char* query = g_uri_get_query(uri)) {
        // Faults may also stand in the address, so that a program that can only be told a URL can be tested.
        gchar** pairs = g_strsplit(query, "&", 32);
        for (gchar** pair = pairs; *pair; ++pair) (void)set_fault(session_options.faults, *pair);
        g_strfreev(pairs);
    }
    const Authorisation auth =
        authorise(header(message, "Authorization"), header(message, "Sec-WebSocket-Protocol"), session_options.api_key);
    char* uuid = g_uuid_string_random();
    auto slot = std::make_shared<int>(0);
    auto session = std::make_unique<Session>(world, socket, std::move(session_options), auth.scheme, uuid,
                                             [this, slot] { post([this, slot] { sessions.erase(*slot); }); });
    g_free(uuid);
    *slot = session->number();
    sessions[*slot] = std::move(session);
}

void DeepgramLab::Impl::post(std::function<void()> action) {
    GSource* source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(
        source,
        [](gpointer data) -> gboolean {
            (*static_cast<std::function<void()>*>(data))();
            return G_SOURCE_REMOVE;
        },
        new std::function<void()>(std::move(action)),
        [](gpointer data) { delete static_cast<std::function<void()>*>(data); });
    g_source_attach(source, context);
    g_source_unref(source);
}

DeepgramLab::DeepgramLab(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<DeepgramLab>> DeepgramLab::start(DeepgramOptions options, EventSink events) {
    auto library = SpeechLibrary::open(options.speech);
    if (!library) return tl::unexpected<Error>(library.error());
    auto known = known_speech(**library, options.brain);
    if (!known) return tl::unexpected<Error>(known.error());
    warm(**library, options.brain);

    auto impl = std::make_unique<Impl>(std::move(events));
    impl->options = std::move(options);
    impl->context = g_main_context_new();
    impl->loop = g_main_loop_new(impl->context, FALSE);
    impl->world = World{impl->context, *library, *known, &impl->ledger};
    auto ready = std::make_shared<std::promise<Status>>();
    auto status = ready->get_future();
    Impl* raw = impl.get();
    raw->thread = std::thread([raw, ready] { raw->run(ready); });
    std::unique_ptr<DeepgramLab> lab(new DeepgramLab(std::move(impl)));
    if (const Status listening = status.get(); !listening) return tl::unexpected<Error>(listening.error());
    return lab;
}

DeepgramLab::~DeepgramLab() {
    impl_->post([loop = impl_->loop] { g_main_loop_quit(loop); });
    impl_->thread.join();
    g_main_loop_unref(impl_->loop);
    g_main_context_unref(impl_->context);
}

int DeepgramLab::port() const { return impl_->port; }

std::string DeepgramLab::url() const {
    return "ws://" + impl_->current().host + ":" + std::to_string(impl_->port) + kPath;
}

void DeepgramLab::set_options(const DeepgramOptions& options) {
    const std::lock_guard lock(impl_->mutex);
    impl_->options = options;
}

std::vector<SessionRecord> DeepgramLab::sessions() const { return impl_->ledger.sessions(); }

bool DeepgramLab::wait(const std::function<bool(const std::vector<SessionRecord>&)>& condition, int timeout_ms) const {
    return impl_->ledger.wait(condition, timeout_ms);
}

void DeepgramLab::command(int number, Command command) {
    impl_->post([impl = impl_.get(), number, command = std::move(command)] {
        const auto it = impl->sessions.find(number);
        if (it != impl->sessions.end()) it->second->command(command);
    });
}

size_t DeepgramLab::refused_handshakes() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->refused;
}

}  // namespace trunkline::lab::deepgram
