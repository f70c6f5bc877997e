// Between libsoup's message and our plain structs; the only lines that copy one into the other.
#include "engine/net/http_exchange.h"

#include <libsoup/soup.h>

#include <algorithm>

namespace trunkline {
namespace {

bool is_clean(const std::string& text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
        auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && byte != '\t') || byte == 0x7f;
    });
}

}  // namespace

HttpExchange::HttpExchange(SoupServerMessage* message, std::function<void()> on_answered)
    : message_(SOUP_SERVER_MESSAGE(g_object_ref(message))), on_answered_(std::move(on_answered)) {
    g_signal_connect(message_, "finished", G_CALLBACK(on_gone), this);
    g_signal_connect(message_, "disconnected", G_CALLBACK(on_gone), this);
}

HttpExchange::~HttpExchange() {
    if (!answered_) answer(HttpResponse::problem(500, "Internal error", "the request was not answered"));
    g_signal_handlers_disconnect_by_data(message_, this);
    g_object_unref(message_);
}

void HttpExchange::on_gone(SoupServerMessage*, void* self) { static_cast<HttpExchange*>(self)->gone_ = true; }

void HttpExchange::answer(const HttpResponse& response) {
    if (answered_) return;
    answered_ = true;
    if (gone_) return;
    write_response(message_, response);
    if (!paused_) return;
    paused_ = false;
    if (on_answered_) on_answered_();
    soup_server_message_unpause(message_);
}

bool HttpExchange::pause_unless_answered() {
    if (answered_ || gone_) return false;
    paused_ = true;
    soup_server_message_pause(message_);
    return true;
}

HttpRequest read_request(SoupServerMessage* message) {
    HttpRequest request;
    request.method = soup_server_message_get_method(message);
    for (char& c : request.method) c = g_ascii_toupper(c);
    GUri* uri = soup_server_message_get_uri(message);
    const char* path = g_uri_get_path(uri);
    const char* query = g_uri_get_query(uri);
    request.path = soup_server_message_is_options_ping(message) ? "*" : path && *path ? path : "/";
    if (query) request.query = query;

    SoupMessageHeadersIter iter;
    const char* name = nullptr;
    const char* value = nullptr;
    soup_message_headers_iter_init(&iter, soup_server_message_get_request_headers(message));
    while (soup_message_headers_iter_next(&iter, &name, &value)) request.headers.emplace_back(name, value);

    GBytes* body = soup_message_body_flatten(soup_server_message_get_request_body(message));
    gsize size = 0;
    const void* data = g_bytes_get_data(body, &size);
    if (data) request.body.assign(static_cast<const char*>(data), size);
    g_bytes_unref(body);
    if (const char* host = soup_server_message_get_remote_host(message)) request.remote = host;
    return request;
}

void close_afterwards(SoupServerMessage* message) {
    soup_message_headers_replace(soup_server_message_get_response_headers(message), "Connection", "close");
}

void write_response(SoupServerMessage* message, const HttpResponse& response) {
    soup_server_message_set_status(message, static_cast<guint>(response.status), nullptr);
    SoupMessageHeaders* headers = soup_server_message_get_response_headers(message);
    close_afterwards(message);
    for (const auto& [name, value] : response.headers)
        if (is_clean(name) && is_clean(value)) soup_message_headers_append(headers, name.c_str(), value.c_str());
    if (response.body.empty() && response.content_type.empty()) return;
    soup_server_message_set_response(message,
                                     is_clean(response.content_type) ? response.content_type.c_str() : "text/plain",
                                     SOUP_MEMORY_COPY, response.body.data(), response.body.size());
}

}  // namespace trunkline
