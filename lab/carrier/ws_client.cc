// Dialing, the upgrade, and non-blocking reading and writing on the thread's main context.
#include "lab/carrier/ws_client.h"

#include <sys/socket.h>

#include "engine/core/base64.h"
#include "engine/core/clock.h"
#include "engine/core/id.h"
#include "lab/carrier/ws_upgrade.h"

namespace trunkline::lab {
namespace {

std::string take_message(GError* error) {
    std::string text = error == nullptr ? "unknown reason" : error->message;
    g_clear_error(&error);
    return text;
}

}  // namespace

std::shared_ptr<WsClient> WsClient::create(Handler* handler) {
    return std::shared_ptr<WsClient>(new WsClient(handler));
}

WsClient::WsClient(Handler* handler)
    : handler_(handler), cancel_(g_cancellable_new()), masks_(static_cast<unsigned>(monotonic_ns() & 0x7FFFFFFF)) {}

WsClient::~WsClient() {
    shut();
    g_clear_object(&client_);
    g_object_unref(cancel_);
}

void WsClient::dial(WsDial dial) {
    dial_ = std::move(dial);
    state_ = State::kConnecting;
    client_ = g_socket_client_new();
    g_socket_client_set_enable_proxy(client_, FALSE);
    using Self = std::weak_ptr<WsClient>;
    timeout_ = std::make_unique<Timer>([weak = Self(shared_from_this())] {
        if (auto self = weak.lock()) self->fail(DialFault::kNoAnswer, 0, "no answer in time");
    });
    timeout_->after_ms(dial_.timeout_ms);
    g_socket_client_connect_to_host_async(client_, dial_.host.c_str(), dial_.port, cancel_, on_connected,
                                          new Self(shared_from_this()));
}

gboolean WsClient::on_certificate(GTlsConnection*, GTlsCertificate*, GTlsCertificateFlags, gpointer) { return TRUE; }

void WsClient::on_connected(GObject* source, GAsyncResult* result, gpointer data) {
    std::unique_ptr<std::weak_ptr<WsClient>> weak(static_cast<std::weak_ptr<WsClient>*>(data));
    GError* error = nullptr;
    GSocketConnection* connection = g_socket_client_connect_to_host_finish(G_SOCKET_CLIENT(source), result, &error);
    auto self = weak->lock();
    if (self == nullptr || self->state_ != State::kConnecting) {
        g_clear_object(&connection);
        g_clear_error(&error);
        return;
    }
    if (connection == nullptr) {
        auto fault = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED) ? DialFault::kRefused
                                                                                       : DialFault::kNoAnswer;
        return self->fail(fault, 0, take_message(error));
    }
    self->connection_ = connection;
    self->send_upgrade();
}

void WsClient::send_upgrade() {
    g_tcp_connection_set_graceful_disconnect(G_TCP_CONNECTION(connection_), FALSE);
    GSocket* socket = g_socket_connection_get_socket(connection_);
    g_socket_set_option(socket, 6 /* IPPROTO_TCP */, 1 /* TCP_NODELAY */, 1, nullptr);
    if (dial_.send_buffer > 0) g_socket_set_option(socket, SOL_SOCKET, SO_SNDBUF, dial_.send_buffer, nullptr);
    if (dial_.tls) {
        // The handshake itself happens with the first write; its failure is told apart by the state.
        GSocketConnectable* name =
            g_network_address_new(dial_.tls_name.empty() ? dial_.host.c_str() : dial_.tls_name.c_str(), dial_.port);
        GError* error = nullptr;
        GIOStream* tls = g_tls_client_connection_new(G_IO_STREAM(connection_), name, &error);
        g_object_unref(name);
        if (tls == nullptr) return fail(DialFault::kTls, 0, take_message(error));
        if (!dial_.tls_check) g_signal_connect(tls, "accept-certificate", G_CALLBACK(on_certificate), nullptr);
        auto* wrapped = g_tcp_wrapper_connection_new(tls, socket);
        g_object_unref(tls);
        g_object_unref(connection_);
        connection_ = wrapped;
    }
    uint8_t nonce[16];
    random_bytes(nonce);
    key_ = base64_encode(nonce);
    std::string request = "GET " + dial_.target + " HTTP/1.1\r\nHost: " + dial_.host_header +
                          "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: " +
                          key_ + "\r\n";
    if (!dial_.subprotocol.empty()) request += "Sec-WebSocket-Protocol: " + dial_.subprotocol + "\r\n";
    for (const auto& [name, value] : dial_.headers) request.append(name).append(": ").append(value).append("\r\n");
    output_ = request + "\r\n";
    for (const auto& text : dial_.texts_behind_request)
        append_ws_frame(output_, kWsText, text, static_cast<uint32_t>(masks_()));
    state_ = State::kUpgrading;
    update_reading();
    flush();
}

gboolean WsClient::on_readable(GObject*, gpointer data) {
    auto self = static_cast<WsClient*>(data)->shared_from_this();
    self->read_available();
    return G_SOURCE_CONTINUE;  // a source that was destroyed meanwhile ignores this
}

void WsClient::read_available() {
    auto* input = G_POLLABLE_INPUT_STREAM(g_io_stream_get_input_stream(G_IO_STREAM(connection_)));
    std::string buffer(dial_.read_bytes, '\0');
    while (read_source_ != nullptr) {
        GError* error = nullptr;
        gssize got = g_pollable_input_stream_read_nonblocking(input, buffer.data(), buffer.size(), nullptr, &error);
        if (got < 0 && g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) return g_error_free(error);
        if (got < 0) {
            const bool tls = error->domain == G_TLS_ERROR;
            std::string reason = take_message(error);
            if (state_ == State::kUpgrading) return fail(tls ? DialFault::kTls : DialFault::kHandshake, 0, reason);
            return gone(reason);
        }
        if (got == 0 && state_ == State::kUpgrading)
            return fail(DialFault::kHandshake, 0, "the server closed the connection instead of answering 101");
        if (got == 0) return gone("end of stream");
        if (!take_bytes({buffer.data(), static_cast<size_t>(got)})) return;
        if (static_cast<size_t>(got) < buffer.size() && !dial_.tls) return;
    }
}

bool WsClient::take_bytes(std::string_view bytes) {
    if (state_ == State::kUpgrading) {
        head_.append(bytes);
        size_t end = head_.find("\r\n\r\n");
        if (end == std::string::npos && head_.size() < 16384) return true;
        int status = 0;
        auto fault = end == std::string::npos
                         ? std::optional<std::string>("the answer's head does not end")
                         : upgrade_fault(std::string_view(head_).substr(0, end), key_, dial_.subprotocol, status);
        if (fault) return fail(DialFault::kHandshake, status, *fault), false;
        std::string rest = head_.substr(end + 4);
        head_.clear();
        timeout_.reset();
        state_ = State::kOpen;
        reader_.feed(rest);
        if (handler_ != nullptr) handler_->ws_opened();
    } else {
        reader_.feed(bytes);
    }
    deliver_events();
    return state_ == State::kOpen;
}

void WsClient::deliver_events() {
    while (state_ == State::kOpen && handler_ != nullptr && !held_) {
        auto event = reader_.next();
        if (!event) return;
        handler_->ws_event(*event);
    }
}

void WsClient::update_reading() {
    watch_reading((state_ == State::kUpgrading || state_ == State::kOpen) && !held_ && !paused_);
}

void WsClient::watch_reading(bool on) {
    if (on == (read_source_ != nullptr)) return;
    if (!on) {
        g_source_destroy(read_source_);
        g_clear_pointer(&read_source_, g_source_unref);
        return;
    }
    auto* input = G_POLLABLE_INPUT_STREAM(g_io_stream_get_input_stream(G_IO_STREAM(connection_)));
    read_source_ = g_pollable_input_stream_create_source(input, nullptr);
    g_source_set_callback(read_source_, G_SOURCE_FUNC(on_readable), this, nullptr);
    g_source_attach(read_source_, g_main_context_get_thread_default());
}

void WsClient::frame(uint8_t opcode, std::string_view payload) {
    if (state_ != State::kOpen) return;
    append_ws_frame(output_, opcode, payload, static_cast<uint32_t>(masks_()));
    if (!corked_) flush();
}

void WsClient::send_text(std::string_view text) { frame(kWsText, text); }
void WsClient::send_binary(std::string_view bytes) { frame(kWsBinary, bytes); }
void WsClient::send_pong(std::string_view payload) { frame(kWsPong, payload); }
void WsClient::send_close(uint16_t code, std::string_view reason) { frame(kWsClose, ws_close_payload(code, reason)); }

void WsClient::uncork() {
    corked_ = false;
    flush();
}

gboolean WsClient::on_writable(GObject*, gpointer data) {
    auto self = static_cast<WsClient*>(data)->shared_from_this();
    g_clear_pointer(&self->write_source_, g_source_unref);
    self->flush();
    return G_SOURCE_REMOVE;
}

void WsClient::flush() {
    if (connection_ == nullptr || state_ == State::kHalfOpen || write_source_ != nullptr) return;
    auto* output = G_POLLABLE_OUTPUT_STREAM(g_io_stream_get_output_stream(G_IO_STREAM(connection_)));
    while (!output_.empty()) {
        GError* error = nullptr;
        gssize sent =
            g_pollable_output_stream_write_nonblocking(output, output_.data(), output_.size(), nullptr, &error);
        if (sent >= 0) {
            output_.erase(0, static_cast<size_t>(sent));
            continue;
        }
        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
            g_error_free(error);
            write_source_ = g_pollable_output_stream_create_source(output, nullptr);
            g_source_set_callback(write_source_, G_SOURCE_FUNC(on_writable), this, nullptr);
            g_source_attach(write_source_, g_main_context_get_thread_default());
            return;
        }
        // The reader finds the end as well, after whatever the server said last.
        const bool tls = error->domain == G_TLS_ERROR;
        std::string reason = take_message(error);
        output_.clear();
        if (state_ == State::kUpgrading && tls) fail(DialFault::kTls, 0, reason);
        return;
    }
}

void WsClient::pause_reading() {
    paused_ = true;
    update_reading();
}

void WsClient::resume_reading() {
    paused_ = false;
    update_reading();
}

void WsClient::hold_events() {
    held_ = true;
    update_reading();
}

void WsClient::release_events() {
    auto self = shared_from_this();
    held_ = false;
    deliver_events();
    update_reading();
}

void WsClient::go_half_open() {
    drop_sources();
    output_.clear();
    if (state_ == State::kOpen) state_ = State::kHalfOpen;
}

void WsClient::reset() {
    if (connection_ != nullptr) {
        struct linger at_once = {1, 0};
        int fd = g_socket_get_fd(g_socket_connection_get_socket(connection_));
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        g_socket_close(g_socket_connection_get_socket(connection_), nullptr);
    }
    shut();
}

void WsClient::shut() {
    state_ = State::kGone;
    g_cancellable_cancel(cancel_);
    timeout_.reset();
    drop_sources();
    if (connection_ == nullptr) return;
    // Closing the socket under TLS as well: a closing handshake could block.
    g_socket_close(g_socket_connection_get_socket(connection_), nullptr);
    g_clear_object(&connection_);
}

void WsClient::fail(DialFault fault, int status, const std::string& message) {
    auto self = shared_from_this();
    // shut() may free what `message` refers to. NOLINTNEXTLINE(performance-unnecessary-copy-initialization)
    const std::string reason(message);
    shut();
    if (handler_ != nullptr) handler_->ws_failed(fault, status, reason);
}

void WsClient::gone(const std::string& reason) {
    auto self = shared_from_this();
    shut();
    if (handler_ != nullptr) handler_->ws_gone(reason);
}

void WsClient::drop_sources() {
    watch_reading(false);
    if (write_source_ != nullptr) g_source_destroy(write_source_);
    g_clear_pointer(&write_source_, g_source_unref);
}

}  // namespace trunkline::lab
