// HTTP on libsoup.
#include "lab/carrier/http.h"

#include <libsoup/soup.h>

#include "engine/core/clock.h"
#include "lab/carrier/timer.h"

namespace trunkline::lab {

struct HttpSender::Exchange {
    SoupMessage* message = nullptr;
    GCancellable* cancel = g_cancellable_new();
    std::function<void(HttpAnswer)> done;
    std::shared_ptr<bool> alive;
    std::unique_ptr<Timer> limit;
    std::unique_ptr<Timer> connect_limit;
    bool timed_out = false;
    bool connect_timed_out = false;
    int64_t begun_ns = monotonic_ns();

    ~Exchange() {
        g_clear_object(&message);
        g_object_unref(cancel);
    }
    static void on_starting(SoupMessage*, gpointer self) { static_cast<Exchange*>(self)->connect_limit->cancel(); }
    static void on_done(GObject* session, GAsyncResult* result, gpointer data);
};

HttpSender::HttpSender(const char* user_agent)
    : session_(soup_session_new_with_options("max-conns", 256, "max-conns-per-host", 128, "user-agent", user_agent,
                                             "timeout", 0U, nullptr)),
      alive_(std::make_shared<bool>(true)) {}

HttpSender::~HttpSender() {
    *alive_ = false;
    soup_session_abort(session_);
    // Aborted requests still report once; let them, so that nothing outlives its thread.
    while (g_main_context_iteration(g_main_context_get_thread_default(), FALSE)) {
    }
    g_object_unref(session_);
}

void HttpSender::Exchange::on_done(GObject* session, GAsyncResult* result, gpointer data) {
    std::unique_ptr<Exchange> self(static_cast<Exchange*>(data));
    GError* error = nullptr;
    GBytes* body = soup_session_send_and_read_finish(SOUP_SESSION(session), result, &error);
    HttpAnswer answer;
    answer.ms = static_cast<double>(monotonic_ns() - self->begun_ns) / 1e6;
    answer.timed_out = self->timed_out;
    answer.connect_timed_out = self->connect_timed_out;
    if (body == nullptr) {
        answer.error = error->message;
        answer.refused = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
        g_error_free(error);
    } else {
        gsize size = 0;
        const auto* bytes = static_cast<const char*>(g_bytes_get_data(body, &size));
        answer.body.assign(bytes == nullptr ? "" : bytes, size);
        answer.status = static_cast<int>(soup_message_get_status(self->message));
        const char* type =
            soup_message_headers_get_content_type(soup_message_get_response_headers(self->message), nullptr);
        for (const char* c = type; c != nullptr && *c != '\0'; ++c) answer.content_type += g_ascii_tolower(*c);
        g_bytes_unref(body);
    }
    if (*self->alive) self->done(std::move(answer));
}

void HttpSender::send(const HttpRequest& request, std::function<void(HttpAnswer)> done) {
    SoupMessage* message = soup_message_new(request.method.c_str(), request.url.c_str());
    if (message == nullptr) {
        HttpAnswer answer;
        answer.error = "'" + request.url + "' is no http or https URL";
        return done(std::move(answer));
    }
    soup_message_add_flags(message, SOUP_MESSAGE_NO_REDIRECT);
    SoupMessageHeaders* headers = soup_message_get_request_headers(message);
    if (!request.host_header.empty()) soup_message_headers_replace(headers, "Host", request.host_header.c_str());
    soup_message_headers_replace(headers, "Accept", "*/*");
    for (const auto& [name, value] : request.headers)
        soup_message_headers_replace(headers, name.c_str(), value.c_str());
    if (request.method != "GET") {
        GBytes* body = g_bytes_new(request.form.data(), request.form.size());
        soup_message_set_request_body_from_bytes(message, request.content_type.c_str(), body);
        g_bytes_unref(body);
    }
    auto* exchange = new Exchange;  // owned by the callback
    exchange->message = message;
    exchange->done = std::move(done);
    exchange->alive = alive_;
    exchange->limit = std::make_unique<Timer>([exchange] {
        exchange->timed_out = true;
        g_cancellable_cancel(exchange->cancel);
    });
    exchange->limit->after_ms(request.timeout_ms);
    if (request.connect_timeout_ms > 0) {
        exchange->connect_limit = std::make_unique<Timer>([exchange] {
            exchange->timed_out = exchange->connect_timed_out = true;
            g_cancellable_cancel(exchange->cancel);
        });
        exchange->connect_limit->after_ms(request.connect_timeout_ms);
        // Emitted when the connection stands and the request is about to be written.
        g_signal_connect(message, "starting", G_CALLBACK(Exchange::on_starting), exchange);
    }
    soup_session_send_and_read_async(session_, message, G_PRIORITY_DEFAULT, exchange->cancel, Exchange::on_done,
                                     exchange);
}

}  // namespace trunkline::lab
