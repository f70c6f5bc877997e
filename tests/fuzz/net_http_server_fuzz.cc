// Bytes on a connection to the HTTP server, the whole way: socket, libsoup, limits, routes, upgrade. The first byte is
// the size of the pieces. Every connection ends; what comes back is HTTP; what a handler sees is clean and bounded.
#include <algorithm>

#include "engine/loop/shard_pool.h"
#include "engine/net/http_server.h"
#include "engine/net/ws_codec.h"
#include "tests/fuzz/http_answers.h"
#include "tests/fuzz/loopback.h"

using namespace trunkline;
using namespace trunkline::fuzz;

namespace {

constexpr size_t kMaxBody = 1024;

bool clean(std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

void must_be_clean(const HttpRequest& request) {
    must(request.path == "*" || request.path.starts_with('/'), "a path begins with a slash");
    must(clean(request.path) && clean(request.query) && clean(request.method), "a request line is one line");
    must(request.body.size() <= kMaxBody, "no body is longer than the limit");
    must(request.remote == "127.0.0.1", "the peer is known");
    for (const auto& [name, value] : request.headers) must(!name.empty() && clean(name), "a header has one name");
    for (const std::string& capture : request.captures) must(!capture.empty(), "a capture is not empty");
}

/// Echoes, and goes when the peer does.
struct Seat : WebSocketListener {
    explicit Seat(std::unique_ptr<WebSocket> with) : socket(std::move(with)) { socket->set_listener(this); }
    void on_text(std::string_view message) override { socket->send_text(message); }
    void on_binary(std::span<const uint8_t> message) override { socket->send_binary(message); }
    void on_close(CloseCause, uint16_t, std::string_view) override { delete this; }
    std::unique_ptr<WebSocket> socket;
};

struct Rig {
    Rig() : pool(1) {
        HttpServerOptions options;
        options.port = 0;
        options.max_body = kMaxBody;
        options.header_timeout_ms = 2'000;
        options.websocket.close_timeout_ms = 200;
        server = std::make_unique<HttpServer>(&pool, options);
        const auto echo = [](Shard*, const HttpRequest& request, const HttpReply& reply) {
            must_be_clean(request);
            reply(HttpResponse::json(200, JsonWriter()
                                              .begin_object()
                                              .field("path", request.path)
                                              .field("query", request.query)
                                              .field("body", request.body)
                                              .end()
                                              .take()));
        };
        for (const char* method : {"GET", "POST"})
            for (const char* path : {"/", "/echo", "/calls/*/log"}) server->route(method, path, echo);
        server->upgrade("/ws/*", [](Shard*, const HttpRequest& request, auto* accepted) {
            must_be_clean(request);
            *accepted = [](std::unique_ptr<WebSocket> socket) { new Seat(std::move(socket)); };
            return std::optional<HttpResponse>();
        });
        must(server->listen().has_value(), "the server listens");
    }
    ShardPool pool;
    std::unique_ptr<HttpServer> server;
};

struct Nothing : WsCodec::Sink {
    void on_message(bool, std::span<const uint8_t>) override {}
};

void must_be_frames(std::string_view bytes) {
    Nothing nothing;
    WsCodec client(WsCodec::Role::kClient, 1U << 20, &nothing);
    must(client.feed(bytes_of(bytes)) != WsCodec::Verdict::kViolation, "what we send follows RFC 6455");
}

}  // namespace

/// GLib and libsoup keep no frame pointers; without this no suppression of tests/lsan.supp could name their functions.
extern "C" const char* __asan_default_options() { return "fast_unwind_on_malloc=0:malloc_context_size=10"; }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static Rig* const rig = new Rig;  // its threads run to the end of the process
    if (size == 0) return 0;
    const Loopback client(rig->server->port());
    client.send_all(text_of({data + 1, size - 1}), 1U + data[0]);
    const std::string answers = client.read_to_end();
    must_be_answers(answers);
    const size_t upgraded = answers.find("HTTP/1.1 101");
    if (upgraded == 0) must_be_frames(std::string_view(answers).substr(answers.find("\r\n\r\n") + 4));
    return 0;
}
