#include "tests/support/socket_client.h"

#include <libsoup/soup.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace trunkline::lab {

struct SocketClient::Impl {
    GMainContext* context = nullptr;
    SoupSession* session = nullptr;
    SoupMessage* request = nullptr;
    SoupWebsocketConnection* socket = nullptr;
    bool answered = false;
    bool closed = false;
    int close_code = 0;
    std::vector<ClientMessage> messages;

    static void on_connected(GObject* source, GAsyncResult* result, gpointer data) {
        auto* self = static_cast<Impl*>(data);
        self->socket = soup_session_websocket_connect_finish(SOUP_SESSION(source), result, nullptr);
        self->answered = true;
        if (!self->socket) return;
        g_object_set(self->socket, "max-incoming-payload-size", static_cast<guint64>(8U << 20), nullptr);
        g_signal_connect(self->socket, "message", G_CALLBACK(&Impl::on_message), self);
        g_signal_connect(self->socket, "closed", G_CALLBACK(&Impl::on_closed), self);
    }
    static void on_message(SoupWebsocketConnection*, gint type, GBytes* bytes, gpointer data) {
        gsize size = 0;
        const auto* raw = static_cast<const char*>(g_bytes_get_data(bytes, &size));
        ClientMessage message{type == SOUP_WEBSOCKET_DATA_BINARY, size ? std::string(raw, size) : "", ""};
        if (!message.binary) {
            const auto json = nlohmann::json::parse(message.bytes, nullptr, false);
            if (json.is_object() && json.contains("type") && json["type"].is_string()) message.type = json["type"];
        }
        static_cast<Impl*>(data)->messages.push_back(std::move(message));
    }
    static void on_closed(SoupWebsocketConnection* socket, gpointer data) {
        auto* self = static_cast<Impl*>(data);
        self->closed = true;
        self->close_code = soup_websocket_connection_get_close_code(socket);
    }
};

SocketClient::SocketClient(int port, const Address& dial) : impl_(std::make_unique<Impl>()) {
    impl_->context = g_main_context_new();
    g_main_context_push_thread_default(impl_->context);
    impl_->session = soup_session_new();
    soup_session_remove_feature_by_type(impl_->session, SOUP_TYPE_WEBSOCKET_EXTENSION_MANAGER);
    const std::string url = "http://127.0.0.1:" + std::to_string(port) + dial.path_and_query;
    impl_->request = soup_message_new("GET", url.c_str());
    for (const auto& [name, value] : dial.headers) {
        if (value.empty()) continue;
        soup_message_headers_replace(soup_message_get_request_headers(impl_->request), name.c_str(), value.c_str());
    }
    gchar** protocols = dial.protocols.empty() ? nullptr : g_strsplit(dial.protocols.c_str(), ",", 4);
    soup_session_websocket_connect_async(impl_->session, impl_->request, nullptr, protocols, G_PRIORITY_DEFAULT,
                                         nullptr, &Impl::on_connected, impl_.get());
    g_strfreev(protocols);
    g_main_context_pop_thread_default(impl_->context);
    until([this] { return impl_->answered; });
}

SocketClient::~SocketClient() {
    g_main_context_push_thread_default(impl_->context);
    if (impl_->socket) {
        g_signal_handlers_disconnect_by_data(impl_->socket, impl_.get());
        if (soup_websocket_connection_get_state(impl_->socket) == SOUP_WEBSOCKET_STATE_OPEN) {
            soup_websocket_connection_close(impl_->socket, 1000, nullptr);
        }
        while (g_main_context_iteration(impl_->context, FALSE)) {
        }
        g_object_unref(impl_->socket);
    }
    soup_session_abort(impl_->session);
    g_object_unref(impl_->request);
    g_object_unref(impl_->session);
    while (g_main_context_iteration(impl_->context, FALSE)) {
    }
    g_main_context_pop_thread_default(impl_->context);
    g_main_context_unref(impl_->context);
}

bool SocketClient::connected() const { return impl_->socket != nullptr; }
unsigned SocketClient::status() const { return soup_message_get_status(impl_->request); }

std::string SocketClient::response_header(const char* name) const {
    const char* value = soup_message_headers_get_one(soup_message_get_response_headers(impl_->request), name);
    return value ? value : "";
}

std::string SocketClient::chosen_protocol() const {
    const char* value = impl_->socket ? soup_websocket_connection_get_protocol(impl_->socket) : nullptr;
    return value ? value : "";
}

void SocketClient::send(const std::string& text) {
    if (soup_websocket_connection_get_state(impl_->socket) != SOUP_WEBSOCKET_STATE_OPEN) return;
    GBytes* bytes = g_bytes_new(text.data(), text.size());
    soup_websocket_connection_send_message(impl_->socket, SOUP_WEBSOCKET_DATA_TEXT, bytes);
    g_bytes_unref(bytes);
}

void SocketClient::send_binary(const std::string& bytes) {
    if (soup_websocket_connection_get_state(impl_->socket) != SOUP_WEBSOCKET_STATE_OPEN) return;
    soup_websocket_connection_send_binary(impl_->socket, bytes.data(), bytes.size());
}

void SocketClient::close(int code) {
    soup_websocket_connection_close(impl_->socket, static_cast<gushort>(code), nullptr);
}

bool SocketClient::until(const std::function<bool()>& condition) {
    g_main_context_push_thread_default(impl_->context);
    // A tick, so that conditions which look at the other thread are looked at again.
    GSource* tick = g_timeout_source_new(5);
    g_source_set_callback(
        tick, [](gpointer) -> gboolean { return G_SOURCE_CONTINUE; }, nullptr, nullptr);
    g_source_attach(tick, impl_->context);
    const int64_t deadline = g_get_monotonic_time() + 30 * G_USEC_PER_SEC;
    bool holds = condition();
    while (!holds && g_get_monotonic_time() < deadline) {
        g_main_context_iteration(impl_->context, TRUE);
        holds = condition();
    }
    g_source_destroy(tick);
    g_source_unref(tick);
    g_main_context_pop_thread_default(impl_->context);
    return holds;
}

bool SocketClient::until_type(const std::string& type, size_t wanted) {
    return until([&] { return count(type) >= wanted; });
}
bool SocketClient::until_closed() {
    return until([this] { return impl_->closed; });
}

const std::vector<ClientMessage>& SocketClient::messages() const { return impl_->messages; }

size_t SocketClient::count(const std::string& type) const {
    return static_cast<size_t>(std::count_if(impl_->messages.begin(), impl_->messages.end(),
                                             [&](const auto& m) { return !m.binary && m.type == type; }));
}

std::vector<std::string> SocketClient::types() const {
    std::vector<std::string> out;
    for (const ClientMessage& m : impl_->messages) {
        const std::string type = m.binary ? "audio" : m.type;
        if (m.binary && !out.empty() && out.back() == "audio") continue;
        out.push_back(type);
    }
    return out;
}

std::string SocketClient::last(const std::string& type) const {
    for (auto it = impl_->messages.rbegin(); it != impl_->messages.rend(); ++it) {
        if (!it->binary && it->type == type) return it->bytes;
    }
    return "";
}

namespace {

std::string json_member(const std::string& text, const std::string& key) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object() || !json.contains(key)) return "";
    return json[key].is_string() ? json[key].get<std::string>() : json[key].dump();
}

}  // namespace

std::string SocketClient::member(const std::string& type, const std::string& key) const {
    return json_member(last(type), key);
}

std::string SocketClient::first_member(const std::string& type, const std::string& key) const {
    for (const ClientMessage& m : impl_->messages) {
        if (!m.binary && m.type == type) return json_member(m.bytes, key);
    }
    return "";
}

int SocketClient::close_code() const { return impl_->close_code; }
bool SocketClient::closed() const { return impl_->closed; }

}  // namespace trunkline::lab
