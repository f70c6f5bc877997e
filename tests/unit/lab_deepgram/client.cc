#include "tests/unit/lab_deepgram/client.h"

#include <libsoup/soup.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace trunkline::lab::deepgram {

struct TestClient::Impl {
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

TestClient::TestClient(int port, const Dial& dial) : impl_(std::make_unique<Impl>()) {
    impl_->context = g_main_context_new();
    g_main_context_push_thread_default(impl_->context);
    impl_->session = soup_session_new();
    soup_session_remove_feature_by_type(impl_->session, SOUP_TYPE_WEBSOCKET_EXTENSION_MANAGER);
    const std::string url = "http://127.0.0.1:" + std::to_string(port) + dial.path_and_query;
    impl_->request = soup_message_new("GET", url.c_str());
    if (!dial.authorization.empty()) {
        soup_message_headers_replace(soup_message_get_request_headers(impl_->request), "Authorization",
                                     dial.authorization.c_str());
    }
    gchar** protocols = dial.protocols.empty() ? nullptr : g_strsplit(dial.protocols.c_str(), ",", 4);
    soup_session_websocket_connect_async(impl_->session, impl_->request, nullptr, protocols, G_PRIORITY_DEFAULT,
                                         nullptr, &Impl::on_connected, impl_.get());
    g_strfreev(protocols);
    g_main_context_pop_thread_default(impl_->context);
    until([this] { return impl_->answered; });
}

TestClient::~TestClient() {
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

bool TestClient::connected() const { return impl_->socket != nullptr; }
unsigned TestClient::status() const { return soup_message_get_status(impl_->request); }

std::string TestClient::dg_error() const {
    const char* value = soup_message_headers_get_one(soup_message_get_response_headers(impl_->request), "dg-error");
    return value ? value : "";
}

std::string TestClient::chosen_protocol() const {
    const char* value = impl_->socket ? soup_websocket_connection_get_protocol(impl_->socket) : nullptr;
    return value ? value : "";
}

void TestClient::send(const std::string& text) {
    if (soup_websocket_connection_get_state(impl_->socket) != SOUP_WEBSOCKET_STATE_OPEN) return;
    GBytes* bytes = g_bytes_new(text.data(), text.size());
    soup_websocket_connection_send_message(impl_->socket, SOUP_WEBSOCKET_DATA_TEXT, bytes);
    g_bytes_unref(bytes);
}

void TestClient::send_binary(const std::string& bytes) {
    if (soup_websocket_connection_get_state(impl_->socket) != SOUP_WEBSOCKET_STATE_OPEN) return;
    soup_websocket_connection_send_binary(impl_->socket, bytes.data(), bytes.size());
}

void TestClient::speak(const Samples& samples) {
    const std::vector<uint8_t> bytes = ulaw_encode(samples);
    for (size_t at = 0; at < bytes.size() && !impl_->closed; at += 160) {
        const size_t n = std::min<size_t>(160, bytes.size() - at);
        std::string frame(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                          bytes.begin() + static_cast<std::ptrdiff_t>(at + n));
        frame.resize(160, '\xFF');
        send_binary(frame);
    }
}

void TestClient::silence(int ms) { speak(Samples(static_cast<size_t>(ms) * 8, 0)); }
void TestClient::close(int code) {
    soup_websocket_connection_close(impl_->socket, static_cast<gushort>(code), nullptr);
}

bool TestClient::until(const std::function<bool()>& condition) {
    g_main_context_push_thread_default(impl_->context);
    // A tick, so that conditions which look at the other thread are looked at again.
    GSource* tick = g_timeout_source_new(5);
    g_source_set_callback(
        tick, [](gpointer) -> gboolean { return G_SOURCE_CONTINUE; }, nullptr, nullptr);
    g_source_attach(tick, impl_->context);
    const int64_t deadline = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;
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

bool TestClient::until_type(const std::string& type, size_t wanted) {
    return until([&] { return count(type) >= wanted; });
}
bool TestClient::until_closed() {
    return until([this] { return impl_->closed; });
}

bool TestClient::set_up(const std::string& text) {
    if (!until_type("Welcome")) return false;
    send(text);
    return until_type("SettingsApplied");
}

const std::vector<ClientMessage>& TestClient::messages() const { return impl_->messages; }

size_t TestClient::count(const std::string& type) const {
    return static_cast<size_t>(std::count_if(impl_->messages.begin(), impl_->messages.end(),
                                             [&](const auto& m) { return !m.binary && m.type == type; }));
}

std::vector<std::string> TestClient::types() const {
    std::vector<std::string> out;
    for (const ClientMessage& m : impl_->messages) {
        const std::string type = m.binary ? "audio" : m.type;
        if (m.binary && !out.empty() && out.back() == "audio") continue;
        out.push_back(type);
    }
    return out;
}

std::string TestClient::last(const std::string& type) const {
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

std::string TestClient::member(const std::string& type, const std::string& key) const {
    return json_member(last(type), key);
}

std::string TestClient::first_member(const std::string& type, const std::string& key) const {
    for (const ClientMessage& m : impl_->messages) {
        if (!m.binary && m.type == type) return json_member(m.bytes, key);
    }
    return "";
}

std::string TestClient::audio() const {
    std::string out;
    for (const ClientMessage& m : impl_->messages) {
        if (m.binary) out += m.bytes;
    }
    return out;
}

std::string TestClient::audio_after(const std::string& type) const {
    std::string out;
    bool after = false;
    for (const ClientMessage& m : impl_->messages) {
        after = after || (!m.binary && m.type == type);
        if (after && m.binary) out += m.bytes;
    }
    return out;
}

int TestClient::close_code() const { return impl_->close_code; }
bool TestClient::closed() const { return impl_->closed; }

namespace {

SpeechOptions test_speech() {
    SpeechOptions options;
    options.cache_dir = (std::filesystem::temp_directory_path() / "trunkline-lab-test-speech").string();
    return options;
}

}  // namespace

DeepgramOptions quick_options() {
    DeepgramOptions options;
    options.port = 0;
    options.speech = test_speech();
    options.latency.scale = 0;
    options.pacing.factor = 0;
    options.brain.callers = {"agent-pass", "vm-options", "vm-goodbye", "auth-thankyou"};
    options.brain.rules = {Rule{"agent-pass", Reply{{"vm-goodbye"}, "", {}, "", "", ""}, false}};
    options.brain.fallback.say = {"conf-invalid"};
    return options;
}

std::shared_ptr<SpeechLibrary> test_library() {
    static const auto kLibrary = [] {
        auto opened = SpeechLibrary::open(test_speech());
        return opened ? *opened : nullptr;
    }();
    return kLibrary;
}

Samples recording(const std::string& name) {
    auto r = test_library()->speech(name);
    return r ? (*r)->samples : Samples{};
}

std::string settings(const std::string& agent_extra, const std::string& top_extra) {
    return R"({"type":"Settings","audio":{"input":{"encoding":"mulaw","sample_rate":8000},)"
           R"("output":{"encoding":"mulaw","sample_rate":8000,"container":"none"}},)" +
           (top_extra.empty() ? "" : top_extra + ",") + R"("agent":{)" + agent_extra + "}}";
}

std::string settings_with_functions(const std::string& functions) {
    return settings(R"("think":{"provider":{"type":"open_ai","model":"gpt-4o-mini"},"functions":)" + functions + "}");
}

SessionRecord first(const DeepgramLab& lab) {
    const auto all = lab.sessions();
    return all.empty() ? SessionRecord{} : all.front();
}

}  // namespace trunkline::lab::deepgram
