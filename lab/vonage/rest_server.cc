// REST over HTTP: one thread, one SoupServer.
#include <libsoup/soup.h>

#include "lab/vonage/rest.h"

namespace trunkline::lab::vonage {

struct RestServer::Server {
    SoupServer* soup = nullptr;
    RestServer* owner = nullptr;
    static void on_request(SoupServer*, SoupServerMessage* message, const char* path, GHashTable* query, gpointer self);
};

void RestServer::Server::on_request(SoupServer*, SoupServerMessage* message, const char* path, GHashTable* query,
                                    gpointer self) {
    SoupMessageHeaders* headers = soup_server_message_get_request_headers(message);
    const char* authorization = soup_message_headers_get_one(headers, "Authorization");
    SoupMessageBody* request = soup_server_message_get_request_body(message);
    GBytes* bytes = soup_message_body_flatten(request);
    gsize size = 0;
    const auto* data = static_cast<const char*>(g_bytes_get_data(bytes, &size));
    const std::string body(data == nullptr ? "" : data, size);
    g_bytes_unref(bytes);
    Query fields;
    if (query != nullptr) {
        g_hash_table_foreach(
            query,
            [](gpointer name, gpointer value, gpointer out) {
                (*static_cast<Query*>(out))[static_cast<const char*>(name)] = static_cast<const char*>(value);
            },
            &fields);
    }
    const RestReply reply = static_cast<Server*>(self)->owner->answer(
        soup_server_message_get_method(message), path, authorization == nullptr ? "" : authorization, body, fields);
    soup_server_message_set_status(message, static_cast<guint>(reply.status), nullptr);
    if (reply.body.empty()) {
        // libsoup closes the connection behind a reply without a body; clients that keep theirs have to be told.
        soup_message_headers_replace(soup_server_message_get_response_headers(message), "Connection", "close");
        return;
    }
    const char* type = reply.status >= 400 ? "application/problem+json" : "application/json";
    soup_server_message_set_response(message, type, SOUP_MEMORY_COPY, reply.body.data(), reply.body.size());
}

RestServer::RestServer(RestOptions options, std::shared_ptr<CallRegistry> registry, DialOut dial_out)
    : options_(std::move(options)),
      registry_(std::move(registry)),
      dial_out_(std::move(dial_out)),
      thread_(std::make_unique<LabThread>("Vonage-Lab/1.0")),
      server_(std::make_unique<Server>()) {
    server_->owner = this;
}

RestServer::~RestServer() {
    thread_->run([this] {
        if (server_->soup == nullptr) return;
        soup_server_disconnect(server_->soup);
        g_object_unref(server_->soup);
    });
}

Result<std::string> RestServer::listen() {
    Result<std::string> listening;
    thread_->run([&] {
        GInetAddress* host = g_inet_address_new_from_string(options_.host.c_str());
        if (host == nullptr)
            return void(listening = fail("cannot-listen", "'" + options_.host + "' is not an IP address"));
        server_->soup = soup_server_new("server-header", "trunkline-lab", nullptr);
        soup_server_add_handler(server_->soup, "/v1/calls", Server::on_request, server_.get(), nullptr);
        GSocketAddress* address = g_inet_socket_address_new(host, static_cast<guint16>(options_.port));
        GError* error = nullptr;
        soup_server_listen(server_->soup, address, static_cast<SoupServerListenOptions>(0), &error);
        g_object_unref(address);
        g_object_unref(host);
        if (error != nullptr) {
            listening =
                fail("cannot-listen", options_.host + ":" + std::to_string(options_.port) + ": " + error->message);
            return g_error_free(error);
        }
        GSList* uris = soup_server_get_uris(server_->soup);
        const int port = uris == nullptr ? 0 : g_uri_get_port(static_cast<GUri*>(uris->data));
        g_slist_free_full(uris, reinterpret_cast<GDestroyNotify>(g_uri_unref));
        base_url_ = "http://" + options_.host + ":" + std::to_string(port);
        listening = base_url_;
    });
    return listening;
}

}  // namespace trunkline::lab::vonage
