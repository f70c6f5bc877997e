// One GMainContext on one thread; whatever a test asks for is a task there.
#include "tests/support/scripted_agent.h"

#include <libsoup/soup.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "engine/core/main_context.h"

namespace trunkline::test {
namespace {

std::string type_of(const std::string& text) {
    const size_t key = text.find("\"type\":\"");
    if (key == std::string::npos) return {};
    return text.substr(key + 8, text.find('"', key + 8) - key - 8);
}

std::string header(SoupServerMessage* message, const char* name) {
    const char* value = soup_message_headers_get_one(soup_server_message_get_request_headers(message), name);
    return value ? value : "";
}

}  // namespace

struct ScriptedAgent::Impl {
    AgentScript script;  // server thread only
    mutable std::mutex mutex;
    mutable std::condition_variable changed;
    Log log;
    GMainContext* context = g_main_context_new();
    GMainLoop* loop = g_main_loop_new(context, FALSE);
    SoupServer* server = nullptr;
    std::vector<SoupWebsocketConnection*> connections;
    std::string base, path;
    std::thread thread;

    template <class Edit>
    void note(Edit edit) {
        std::lock_guard lock(mutex);
        edit(log);
        changed.notify_all();
    }

    void post(std::function<void()> task) { run_soon(context, std::move(task)); }

    SoupWebsocketConnection* current() const { return connections.empty() ? nullptr : connections.back(); }

    void send(const std::string& what) {
        SoupWebsocketConnection* to = current();
        if (!to || soup_websocket_connection_get_state(to) != SOUP_WEBSOCKET_STATE_OPEN) return;
        if (what.starts_with("bin:")) {
            soup_websocket_connection_send_binary(to, what.data() + 4, what.size() - 4);
        } else {
            soup_websocket_connection_send_text(to, what.c_str());
        }
    }

    void on_settings() {
        if (script.close_before_applied > 0) {
            --script.close_before_applied;
            soup_websocket_connection_close(current(), 1011, "try again");
            return;
        }
        for (const auto& what : script.before_applied) send(what);
        if (!script.apply) return;
        if (!script.applied.empty()) send(script.applied);
        for (const auto& what : script.after_applied) send(what);
    }

    static void on_message(SoupWebsocketConnection* connection, gint type, GBytes* bytes, gpointer data) {
        auto* self = static_cast<Impl*>(data);
        gsize size = 0;
        const auto* start = static_cast<const char*>(g_bytes_get_data(bytes, &size));
        std::string text = start ? std::string(start, size) : std::string();
        const bool binary = type == SOUP_WEBSOCKET_DATA_BINARY;
        self->note([&](Log& log) {
            log.frames.push_back({log.connections, binary, text, g_get_monotonic_time() * 1000});
        });
        if (!binary && type_of(text) == self->script.settings_type && connection == self->current())
            self->on_settings();
    }

    static void on_closed(SoupWebsocketConnection* connection, gpointer data) {
        static_cast<Impl*>(data)->note(
            [&](Log& log) { log.close_codes.push_back(soup_websocket_connection_get_close_code(connection)); });
    }

    static void on_open(SoupServer*, SoupServerMessage*, const char*, SoupWebsocketConnection* connection,
                        gpointer data) {
        auto* self = static_cast<Impl*>(data);
        self->connections.push_back(SOUP_WEBSOCKET_CONNECTION(g_object_ref(connection)));
        self->note([](Log& log) { ++log.connections; });
        g_signal_connect(connection, "message", G_CALLBACK(on_message), self);
        g_signal_connect(connection, "closed", G_CALLBACK(on_closed), self);
        if (!self->script.welcome) return;
        std::string hello = self->script.hello;
        if (const size_t at = hello.find('#'); at != std::string::npos) {
            hello.replace(at, 1, std::to_string(self->log.connections));
        }
        self->send(hello);
    }

    static void on_early(SoupServer*, SoupServerMessage* message, const char*, GHashTable*, gpointer data) {
        auto* self = static_cast<Impl*>(data);
        const char* query = g_uri_get_query(soup_server_message_get_uri(message));
        self->note([&](Log& log) {
            log.authorizations.push_back(header(message, "Authorization"));
            log.queries.emplace_back(query ? query : "");
        });
        if (self->script.refuse_status == 0 || self->script.refuse_times <= 0) return;
        --self->script.refuse_times;
        self->note([](Log& log) { ++log.refused; });
        soup_message_headers_replace(soup_server_message_get_response_headers(message), "dg-error",
                                     self->script.refuse_detail.c_str());
        soup_server_message_set_status(message, static_cast<guint>(self->script.refuse_status), nullptr);
    }

    // libsoup does not look at a paused message's socket: readable now means that the client has gone.
    void watch_for_abort(GSocket* socket) {
        GSource* source = g_socket_create_source(socket, static_cast<GIOCondition>(G_IO_IN | G_IO_HUP), nullptr);
        GSocketSourceFunc gone = [](GSocket*, GIOCondition, gpointer data) -> gboolean {
            static_cast<Impl*>(data)->note([](Log& changed_log) { ++changed_log.tool_aborts; });
            return G_SOURCE_REMOVE;
        };
        g_source_set_callback(source, reinterpret_cast<GSourceFunc>(reinterpret_cast<void (*)()>(gone)), this, nullptr);
        g_source_attach(source, context);
        g_source_unref(source);
    }

    static void on_tool(SoupServer*, SoupServerMessage* message, const char*, GHashTable*, gpointer data) {
        auto* self = static_cast<Impl*>(data);
        SoupMessageBody* body = soup_server_message_get_request_body(message);
        self->note([&](Log& log) {
            log.posts.push_back({std::string(body->data, static_cast<size_t>(body->length)),
                                 header(message, "webhook-id"), header(message, "webhook-timestamp"),
                                 header(message, "webhook-signature")});
        });
        if (self->script.tool_hangs) {
            self->watch_for_abort(soup_server_message_get_socket(message));
            soup_server_message_pause(message);
            return;
        }
        soup_server_message_set_status(message, static_cast<guint>(self->script.tool_status), nullptr);
        soup_server_message_set_response(message, "application/json", SOUP_MEMORY_COPY, self->script.tool_body.data(),
                                         self->script.tool_body.size());
    }

    void run(std::promise<void>* ready) {
        g_main_context_push_thread_default(context);
        server = soup_server_new(nullptr, nullptr);
        soup_server_remove_websocket_extension(server, SOUP_TYPE_WEBSOCKET_EXTENSION_DEFLATE);
        soup_server_add_websocket_handler(server, script.path.c_str(), nullptr, nullptr, on_open, this, nullptr);
        soup_server_add_early_handler(server, script.path.c_str(), on_early, this, nullptr);
        soup_server_add_handler(server, "/tool", on_tool, this, nullptr);
        soup_server_listen_local(server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, nullptr);
        GSList* uris = soup_server_get_uris(server);
        base = "127.0.0.1:" + std::to_string(g_uri_get_port(static_cast<GUri*>(uris->data)));
        g_slist_free_full(uris, reinterpret_cast<GDestroyNotify>(g_uri_unref));
        ready->set_value();
        g_main_loop_run(loop);
        for (auto* connection : connections) {
            g_signal_handlers_disconnect_by_data(connection, this);
            g_object_unref(connection);
        }
        soup_server_disconnect(server);
        g_object_unref(server);
        while (g_main_context_iteration(context, FALSE)) {  // what libsoup still has to free
        }
        g_main_context_pop_thread_default(context);
    }
};

std::vector<std::string> ScriptedAgent::Log::texts(std::string_view type, int connection) const {
    std::vector<std::string> found;
    for (const Frame& frame : frames) {
        const bool here = connection == 0 || frame.connection == connection;
        if (here && !frame.binary && type_of(frame.bytes) == type) found.push_back(frame.bytes);
    }
    return found;
}

std::string ScriptedAgent::Log::audio(int connection) const {
    std::string all;
    for (const Frame& frame : frames) {
        if (frame.binary && (connection == 0 || frame.connection == connection)) all += frame.bytes;
    }
    return all;
}

ScriptedAgent::ScriptedAgent(AgentScript script) : impl_(std::make_unique<Impl>()) {
    impl_->script = std::move(script);
    impl_->path = impl_->script.path;
    std::promise<void> ready;
    impl_->thread = std::thread([this, &ready] { impl_->run(&ready); });
    ready.get_future().wait();
}

ScriptedAgent::~ScriptedAgent() {
    impl_->post([this] { g_main_loop_quit(impl_->loop); });
    impl_->thread.join();
    g_main_loop_unref(impl_->loop);
    g_main_context_unref(impl_->context);
}

std::string ScriptedAgent::url() const { return "ws://" + impl_->base + impl_->path; }
std::string ScriptedAgent::tool_url() const { return "http://" + impl_->base + "/tool"; }

ScriptedAgent::Log ScriptedAgent::log() const {
    std::lock_guard lock(impl_->mutex);
    return impl_->log;
}

bool ScriptedAgent::wait(const std::function<bool(const Log&)>& done) const {
    std::unique_lock lock(impl_->mutex);
    return impl_->changed.wait_for(lock, std::chrono::seconds(30), [&] { return done(impl_->log); });
}

bool ScriptedAgent::wait_text(std::string_view type, size_t count) const {
    return wait([&](const Log& log) { return log.texts(type).size() >= count; });
}

bool ScriptedAgent::wait_close_code(int code) const {
    return wait([&](const Log& log) { return !log.close_codes.empty() && log.close_codes.back() == code; });
}

void ScriptedAgent::text(std::string message) {
    impl_->post([this, message = std::move(message)] { impl_->send(message); });
}

void ScriptedAgent::binary(std::string bytes) {
    impl_->post([this, bytes = "bin:" + std::move(bytes)] { impl_->send(bytes); });
}

void ScriptedAgent::close(int code, std::string reason) {
    impl_->post([this, code, reason = std::move(reason)] {
        soup_websocket_connection_close(impl_->current(), static_cast<gushort>(code),
                                        reason.empty() ? nullptr : reason.c_str());
    });
}

void ScriptedAgent::drop() {
    impl_->post([this] {
        GIOStream* stream = soup_websocket_connection_get_io_stream(impl_->current());
        g_io_stream_close(stream, nullptr, nullptr);
    });
}

std::shared_ptr<void> ScriptedAgent::stall() {
    auto go = std::make_shared<std::promise<void>>();
    std::promise<void> stalled;
    auto at_stall = stalled.get_future();
    impl_->post([released = go->get_future().share(), &stalled] {
        stalled.set_value();
        released.wait();
    });
    at_stall.wait();
    return {nullptr, [go](void*) { go->set_value(); }};
}

void ScriptedAgent::change(std::function<void(AgentScript&)> edit) {
    impl_->post([this, edit = std::move(edit)] { edit(impl_->script); });
}

}  // namespace trunkline::test
