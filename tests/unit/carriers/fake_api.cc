#include "fake_api.h"

#include <libsoup/soup.h>

#include <algorithm>
#include <future>

namespace trunkline::test {

FakeApi::FakeApi(std::vector<Answer> answers) : answers_(std::move(answers)) {
    std::promise<void> ready;
    thread_ = std::thread([this, &ready] {
        GMainContext* context = g_main_context_new();
        g_main_context_push_thread_default(context);
        loop_ = g_main_loop_new(context, FALSE);
        server_ = soup_server_new(nullptr, nullptr);
        soup_server_add_handler(
            server_, nullptr,
            [](SoupServer*, SoupServerMessage* message, const char* path, GHashTable*, gpointer data) {
                auto* self = static_cast<FakeApi*>(data);
                std::lock_guard lock(self->mutex_);
                SoupMessageBody* body = soup_server_message_get_request_body(message);
                const char* authorization =
                    soup_message_headers_get_one(soup_server_message_get_request_headers(message), "Authorization");
                self->asked_.push_back({soup_server_message_get_method(message), path,
                                        std::string(body->data, static_cast<size_t>(body->length)),
                                        authorization ? authorization : ""});
                const Answer& answer = self->answers_[std::min(self->asked_.size(), self->answers_.size()) - 1];
                soup_server_message_set_status(message, answer.status, nullptr);
                soup_server_message_set_response(message, "application/json", SOUP_MEMORY_COPY, answer.body.data(),
                                                 answer.body.size());
            },
            this, nullptr);
        soup_server_listen_local(server_, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, nullptr);
        GSList* uris = soup_server_get_uris(server_);
        port_ = static_cast<unsigned>(g_uri_get_port(static_cast<GUri*>(uris->data)));
        g_slist_free_full(uris, reinterpret_cast<GDestroyNotify>(g_uri_unref));
        ready.set_value();
        g_main_loop_run(loop_);
        soup_server_disconnect(server_);
        g_object_unref(server_);
        g_main_context_pop_thread_default(context);
        g_main_context_unref(context);
    });
    ready.get_future().wait();
}

FakeApi::~FakeApi() {
    GMainContext* context = g_main_loop_get_context(loop_);
    GSource* quit = g_idle_source_new();
    g_source_set_callback(
        quit,
        [](gpointer loop) -> gboolean { return g_main_loop_quit(static_cast<GMainLoop*>(loop)), G_SOURCE_REMOVE; },
        loop_, nullptr);
    g_source_attach(quit, context);
    g_source_unref(quit);
    thread_.join();
    g_main_loop_unref(loop_);
}

std::string FakeApi::url() const { return "http://127.0.0.1:" + std::to_string(port_); }

std::vector<FakeApi::Asked> FakeApi::asked() const {
    std::lock_guard lock(mutex_);
    return asked_;
}

}  // namespace trunkline::test
