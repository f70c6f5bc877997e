// HttpClient: libsoup does the protocol; size and time limits are ours, because libsoup has the first not at all and
// the second only between two packets.
#include "engine/net/http_client.h"

#include <libsoup/soup.h>

#include <unordered_set>

#include "engine/core/main_context.h"
#include "engine/net/tls.h"
#include "engine/net/url.h"

namespace trunkline {
namespace {

constexpr gsize kReadSize = 16U << 10;

/// One request under way. Owned by itself: GIO's callbacks always come, a cancelled request included.
struct Exchange {
    std::function<void(Result<HttpAnswer>)> done;  // empty: cancelled
    std::unordered_set<Exchange*>* open = nullptr;
    SoupMessage* message = nullptr;
    GCancellable* cancellable = g_cancellable_new();
    GSource* deadline = nullptr;
    size_t max_response = 0;
    int timeout_ms = 0;
    bool timed_out = false;
    std::string place;
    TlsRefusal tls_refusal;
    HttpAnswer answer;

    ~Exchange() {
        if (deadline) {
            g_source_destroy(deadline);
            g_source_unref(deadline);
        }
        if (message) g_signal_handlers_disconnect_by_data(message, this);
        g_clear_object(&message);
        g_object_unref(cancellable);
    }

    /// Ends the exchange and itself.
    void finish(Result<HttpAnswer> result) {
        std::unique_ptr<Exchange> self(this);
        if (!done) return;
        open->erase(this);
        auto callback = std::exchange(done, nullptr);
        callback(std::move(result));
    }

    void finish_with(GError* error) {
        std::string cause = error->message;
        bool tls = error->domain == G_TLS_ERROR;
        bool connect = error->domain == G_RESOLVER_ERROR ||
                       (error->domain == G_IO_ERROR &&
                        (error->code == G_IO_ERROR_CONNECTION_REFUSED || error->code == G_IO_ERROR_HOST_UNREACHABLE ||
                         error->code == G_IO_ERROR_NETWORK_UNREACHABLE || error->code == G_IO_ERROR_HOST_NOT_FOUND));
        g_error_free(error);
        if (timed_out)
            return finish(fail("timeout", "no answer from " + place + " within " + std::to_string(timeout_ms) + " ms"));
        if (tls) return finish(fail("tls", "TLS to " + place + " failed: " + tls_refusal.text(cause)));
        if (connect) return finish(fail("connect", "no connection to " + place + ": " + cause));
        finish(fail("http", "the request to " + place + " failed: " + cause));
    }

    void read_on(GInputStream* body) {
        g_input_stream_read_bytes_async(body, kReadSize, G_PRIORITY_DEFAULT, cancellable, on_read, this);
    }

    static gboolean on_deadline(gpointer data) {
        auto* self = static_cast<Exchange*>(data);
        self->timed_out = true;
        g_cancellable_cancel(self->cancellable);
        return G_SOURCE_CONTINUE;  // destroyed with the exchange
    }

    static gboolean on_bad_certificate(SoupMessage*, GTlsCertificate*, GTlsCertificateFlags flags, gpointer data) {
        static_cast<Exchange*>(data)->tls_refusal.note(static_cast<unsigned>(flags));
        return FALSE;
    }

    static void on_sent(GObject* session, GAsyncResult* result, gpointer data) {
        auto* self = static_cast<Exchange*>(data);
        GError* error = nullptr;
        GInputStream* body = soup_session_send_finish(SOUP_SESSION(session), result, &error);
        if (!body) return self->finish_with(error);
        self->answer.status = static_cast<int>(soup_message_get_status(self->message));
        SoupMessageHeadersIter iter;
        const char* name = nullptr;
        const char* value = nullptr;
        soup_message_headers_iter_init(&iter, soup_message_get_response_headers(self->message));
        while (soup_message_headers_iter_next(&iter, &name, &value)) self->answer.headers.emplace_back(name, value);
        self->read_on(body);
        g_object_unref(body);
    }

    static void on_read(GObject* stream, GAsyncResult* result, gpointer data) {
        auto* self = static_cast<Exchange*>(data);
        GError* error = nullptr;
        GBytes* bytes = g_input_stream_read_bytes_finish(G_INPUT_STREAM(stream), result, &error);
        if (!bytes) return self->finish_with(error);
        gsize size = 0;
        const void* part = g_bytes_get_data(bytes, &size);
        if (part) self->answer.body.append(static_cast<const char*>(part), size);
        g_bytes_unref(bytes);
        if (size == 0) return self->finish(std::move(self->answer));
        if (self->answer.body.size() > self->max_response) {
            g_cancellable_cancel(self->cancellable);
            return self->finish(fail("response-too-large", "the answer of " + self->place + " is larger than " +
                                                               std::to_string(self->max_response) + " bytes"));
        }
        self->read_on(G_INPUT_STREAM(stream));
    }
};

}  // namespace

struct HttpClient::Impl {
    SoupSession* session = nullptr;
    std::unordered_set<Exchange*> open;
    std::shared_ptr<bool> alive = std::make_shared<bool>(true);
};

HttpClient::HttpClient() : impl_(std::make_unique<Impl>()) {
    impl_->session = soup_session_new_with_options("max-conns", 256, "max-conns-per-host", 32, "idle-timeout", 30,
                                                   "user-agent", "trunkline", nullptr);
    // Bodies as they come over the wire, so that the size limit is one; a 401 is an answer like any other.
    soup_session_remove_feature_by_type(impl_->session, SOUP_TYPE_CONTENT_DECODER);
    soup_session_remove_feature_by_type(impl_->session, SOUP_TYPE_AUTH_MANAGER);
}

HttpClient::~HttpClient() {
    *impl_->alive = false;
    auto open = std::move(impl_->open);
    for (Exchange* exchange : open) {
        exchange->done = nullptr;
        g_cancellable_cancel(exchange->cancellable);
    }
    soup_session_abort(impl_->session);
    g_object_unref(impl_->session);
}

void HttpClient::call(HttpCall call, std::function<void(Result<HttpAnswer>)> done) {
    auto url = parse_url(call.url);
    if (url && url->scheme != "http" && url->scheme != "https")
        url = fail("bad-url", "expected an http:// or https:// URL");
    SoupMessage* message = url ? soup_message_new(call.method.c_str(), call.url.c_str()) : nullptr;
    if (!message) {
        Error error = url ? Error{"bad-url", "the URL cannot be parsed"} : url.error();
        run_soon(g_main_context_get_thread_default(),
                 [alive = impl_->alive, done = std::move(done), error = std::move(error)] {
                     if (*alive) done(tl::unexpected(error));
                 });
        return;
    }
    soup_message_add_flags(message, SOUP_MESSAGE_NO_REDIRECT);
    for (const auto& [name, value] : call.headers)
        soup_message_headers_append(soup_message_get_request_headers(message), name.c_str(), value.c_str());
    if (!call.body.empty() || call.method == "POST" || call.method == "PUT") {
        GBytes* bytes = g_bytes_new(call.body.data(), call.body.size());
        soup_message_set_request_body_from_bytes(message, call.content_type.c_str(), bytes);
        g_bytes_unref(bytes);
    }

    auto* exchange = new Exchange;
    exchange->done = std::move(done);
    exchange->open = &impl_->open;
    exchange->message = message;
    exchange->max_response = call.max_response;
    exchange->timeout_ms = call.timeout_ms;
    exchange->place = url->host + ":" + std::to_string(url->port);
    exchange->deadline = g_timeout_source_new(static_cast<guint>(std::max(call.timeout_ms, 0)));
    g_source_set_callback(exchange->deadline, Exchange::on_deadline, exchange, nullptr);
    g_source_attach(exchange->deadline, g_main_context_get_thread_default());
    g_signal_connect(message, "accept-certificate", G_CALLBACK(Exchange::on_bad_certificate), exchange);
    impl_->open.insert(exchange);
    soup_session_send_async(impl_->session, message, G_PRIORITY_DEFAULT, exchange->cancellable, Exchange::on_sent,
                            exchange);
}

}  // namespace trunkline
