// Dialling: GSocketClient does DNS, TCP (both address families) and TLS on the shard's context; then the upgrade runs
// on the shard's epoll set, so that the finished socket owns one descriptor and no GSource.
//
//   connect ──▶ write request ──▶ read answer ──▶ WebSocket::adopt(stream, bytes behind the answer)
#include "engine/net/websocket_client.h"

#include <gio/gio.h>
#include <sys/epoll.h>

#include <array>

#include "engine/loop/shard.h"
#include "engine/net/byte_stream.h"
#include "engine/net/tls.h"
#include "engine/net/upgrade_request.h"
#include "engine/net/url.h"

namespace trunkline {
namespace {

std::string offered_protocols(const std::vector<std::pair<std::string, std::string>>& headers) {
    std::string offered;
    for (const auto& [name, value] : headers) {
        if (g_ascii_strcasecmp(name.c_str(), "Sec-WebSocket-Protocol") != 0) continue;
        offered.append(offered.empty() ? "" : ",").append(value);
    }
    return offered;
}

/// One dial. It lives until its callback has run or its WebSocketDial is gone, whichever comes first; GIO's callbacks
/// hold a shared pointer of their own, because a cancelled connect still reports back.
class Dial final : public FdHandler, public std::enable_shared_from_this<Dial> {
  public:
    Dial(Shard* shard, WebSocketRequest request, DialDone done)
        : shard_(shard), request_(std::move(request)), done_(std::move(done)), cancellable_(g_cancellable_new()) {}
    ~Dial() override { g_object_unref(cancellable_); }

    void begin();
    void cancel();

  private:
    static void on_connected(GObject* client, GAsyncResult* result, gpointer user);
    static void on_client_event(GSocketClient*, GSocketClientEvent event, GSocketConnectable*, GIOStream* stream,
                                gpointer user);
    static gboolean on_bad_certificate(GTlsConnection*, GTlsCertificate*, GTlsCertificateFlags flags, gpointer user);

    void connect();
    void connected(GSocketConnection* connection, GError* error);
    void on_fd(uint32_t epoll_events) override;
    void write_request();
    void read_answer();
    bool judge(bool ended);
    void succeed(size_t consumed);
    void fail_with(std::string code, std::string message, UpgradeRefusal refusal = {});
    void on_timeout();
    std::string place() const { return url_.host + ":" + std::to_string(url_.port); }

    Shard* const shard_;
    WebSocketRequest request_;
    DialDone done_;
    GCancellable* const cancellable_;
    Url url_;
    TimerId timer_ = 0;
    std::shared_ptr<TlsRefusal> tls_refusal_ = std::make_shared<TlsRefusal>();

    std::unique_ptr<ByteStream> stream_;
    bool watched_ = false;
    std::string key_;
    std::string to_send_;
    std::string received_;
};

void Dial::begin() {
    timer_ = shard_->after(std::chrono::milliseconds(request_.timeout_ms), [weak = weak_from_this()] {
        if (auto self = weak.lock()) self->on_timeout();
    });
    auto url = parse_url(request_.url);
    if (url && url->scheme != "ws" && url->scheme != "wss") url = fail("bad-url", "expected a ws:// or wss:// URL");
    key_ = new_websocket_key();
    auto text = url ? upgrade_request(*url, request_.headers, key_) : Result<std::string>(std::string());
    if (!url || !text) {
        Error error = url ? text.error() : url.error();
        shard_->defer([self = shared_from_this(), error] { self->fail_with(error.code, error.message); });
        return;
    }
    url_ = std::move(*url);
    to_send_ = std::move(*text);
    connect();
}

void Dial::connect() {
    GSocketClient* client = g_socket_client_new();
    g_socket_client_set_enable_proxy(client, FALSE);
    g_socket_client_set_tls(client, url_.tls);
    auto* holder = new std::shared_ptr<Dial>(shared_from_this());
    if (url_.tls) g_signal_connect(client, "event", G_CALLBACK(on_client_event), this);
    GSocketConnectable* address = g_network_address_new(url_.host.c_str(), url_.port);
    g_main_context_push_thread_default(shard_->context());
    g_socket_client_connect_async(client, address, cancellable_, on_connected, holder);
    g_main_context_pop_thread_default(shard_->context());
    g_object_unref(address);
    g_object_unref(client);
}

void Dial::on_client_event(GSocketClient*, GSocketClientEvent event, GSocketConnectable*, GIOStream* stream,
                           gpointer user) {
    if (event != G_SOCKET_CLIENT_TLS_HANDSHAKING) return;
    static const char* const kProtocols[] = {"http/1.1", nullptr};  // WebSocket over HTTP/2 is not spoken here
    g_tls_connection_set_advertised_protocols(G_TLS_CONNECTION(stream), kProtocols);
    // The TLS connection outlives the dial, so the handler keeps what it writes to.
    auto* refusal = new std::shared_ptr<TlsRefusal>(static_cast<Dial*>(user)->tls_refusal_);
    g_signal_connect_data(
        stream, "accept-certificate", G_CALLBACK(on_bad_certificate), refusal,
        [](gpointer data, GClosure*) { delete static_cast<std::shared_ptr<TlsRefusal>*>(data); }, GConnectFlags(0));
}

gboolean Dial::on_bad_certificate(GTlsConnection*, GTlsCertificate*, GTlsCertificateFlags flags, gpointer user) {
    (*static_cast<std::shared_ptr<TlsRefusal>*>(user))->note(static_cast<unsigned>(flags));
    return FALSE;  // only to learn why; nothing is ever accepted here
}

void Dial::on_connected(GObject* client, GAsyncResult* result, gpointer user) {
    std::unique_ptr<std::shared_ptr<Dial>> holder(static_cast<std::shared_ptr<Dial>*>(user));
    GError* error = nullptr;
    GSocketConnection* connection = g_socket_client_connect_finish(G_SOCKET_CLIENT(client), result, &error);
    g_signal_handlers_disconnect_by_data(client, holder->get());
    (*holder)->connected(connection, error);
    g_clear_error(&error);
}

void Dial::connected(GSocketConnection* connection, GError* error) {
    if (!done_) {  // cancelled or timed out meanwhile
        if (connection) ByteStream::adopt(G_IO_STREAM(connection), &received_)->close(false);
        return;
    }
    if (!connection) {
        std::string cause = error->message;
        if (error->domain == G_TLS_ERROR)
            return fail_with("tls", "TLS to " + place() + " failed: " + tls_refusal_->text(cause));
        if (error->domain == G_RESOLVER_ERROR)
            return fail_with("dns", "the name of " + place() + " was not resolved: " + cause);
        return fail_with("connect", "no connection to " + place() + ": " + cause);
    }
    stream_ = ByteStream::adopt(G_IO_STREAM(connection), &received_);
    watched_ = true;
    shard_->watch(stream_->fd(), EPOLLIN | EPOLLOUT, this);
}

void Dial::on_fd(uint32_t epoll_events) {
    auto self = shared_from_this();
    if (!to_send_.empty() && (epoll_events & EPOLLOUT)) write_request();
    if (stream_ && (epoll_events & (EPOLLIN | EPOLLHUP | EPOLLERR))) read_answer();
}

void Dial::write_request() {
    auto outcome = stream_->write({reinterpret_cast<const uint8_t*>(to_send_.data()), to_send_.size()});
    if (outcome.io == ByteStream::Io::kWouldBlock) return;
    if (outcome.io == ByteStream::Io::kDone) to_send_.erase(0, outcome.bytes);
    // After a failed write the answer may still be there to read (a refusal sent early).
    if (outcome.io == ByteStream::Io::kFailed) to_send_.clear();
    if (to_send_.empty()) shard_->modify(stream_->fd(), EPOLLIN, this);
}

void Dial::read_answer() {
    std::array<uint8_t, 4096> buffer;
    while (true) {
        auto outcome = stream_->read(buffer);
        if (outcome.io == ByteStream::Io::kWouldBlock) return;
        bool ended = outcome.io != ByteStream::Io::kDone;
        if (!ended) received_.append(reinterpret_cast<const char*>(buffer.data()), outcome.bytes);
        if (judge(ended) || ended) return;
        if (stream_->short_read_is_empty() && outcome.bytes < buffer.size()) return;
    }
}

/// True when the dial is over.
bool Dial::judge(bool ended) {
    UpgradeAnswer answer = judge_upgrade_answer(received_, ended, key_, offered_protocols(request_.headers));
    switch (answer.verdict) {
        case UpgradeAnswer::Verdict::kMore:
            return false;
        case UpgradeAnswer::Verdict::kAccepted:
            succeed(answer.consumed);
            return true;
        case UpgradeAnswer::Verdict::kRefused: {
            std::string message =
                place() + " refused the WebSocket with HTTP status " + std::to_string(answer.refusal.http_status);
            if (!answer.refusal.detail.empty()) message += ": " + answer.refusal.detail;
            fail_with("refused", std::move(message), std::move(answer.refusal));
            return true;
        }
        case UpgradeAnswer::Verdict::kBroken:
            break;
    }
    fail_with("bad-upgrade", place() + ": " + answer.problem);
    return true;
}

void Dial::succeed(size_t consumed) {
    shard_->unwatch(stream_->fd());
    watched_ = false;
    shard_->cancel(std::exchange(timer_, 0));
    auto socket = WebSocket::adopt(shard_, WebSocket::Role::kClient, std::move(stream_), received_.substr(consumed),
                                   request_.options);
    std::exchange(done_, nullptr)(std::move(socket), {});
}

void Dial::fail_with(std::string code, std::string message, UpgradeRefusal refusal) {
    if (!done_) return;
    DialDone done = std::exchange(done_, nullptr);
    cancel();
    done(fail(std::move(code), std::move(message)), refusal);
}

void Dial::on_timeout() {
    timer_ = 0;
    if (stream_ && !received_.empty() && judge(true)) return;  // a refusal whose body never ended
    fail_with("timeout", "no WebSocket to " + place() + " within " + std::to_string(request_.timeout_ms) + " ms");
}

void Dial::cancel() {
    done_ = nullptr;
    shard_->cancel(std::exchange(timer_, 0));
    if (watched_) shard_->unwatch(stream_->fd());
    watched_ = false;
    stream_.reset();
    g_cancellable_cancel(cancellable_);
}

class DialHandle final : public WebSocketDial {
  public:
    explicit DialHandle(std::shared_ptr<Dial> dial) : dial_(std::move(dial)) {}
    ~DialHandle() override { dial_->cancel(); }

  private:
    std::shared_ptr<Dial> dial_;
};

}  // namespace

std::unique_ptr<WebSocketDial> dial_websocket(Shard* shard, WebSocketRequest request, DialDone done) {
    auto dial = std::make_shared<Dial>(shard, std::move(request), std::move(done));
    dial->begin();
    return std::make_unique<DialHandle>(std::move(dial));
}

}  // namespace trunkline
