// A program of its own: types are registered once in a process.
#include "engine/net/network_types.h"

#include <gio/gio.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "engine/net/http_client.h"
#include "engine/net/tls.h"
#include "engine/net/websocket_client.h"
#include "server_support.h"

// See tls_test.cc.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

namespace trunkline::test {
namespace {

using std::chrono_literals::operator""s;

/// Names of the types of objects that have interfaces and are registered by now.
void collect(GType type, std::set<std::string>& names) {
    guint interfaces = 0, children = 0;
    g_free(g_type_interfaces(type, &interfaces));
    if (interfaces > 0) names.insert(g_type_name(type));
    GType* const below = g_type_children(type, &children);
    for (guint i = 0; i < children; ++i) collect(below[i], names);
    g_free(below);
}
std::set<std::string> with_interfaces() {
    std::set<std::string> names;
    collect(G_TYPE_OBJECT, names);
    return names;
}

/// One request and one WebSocket, by name and over TLS where `tls` says so.
void exchange(const HttpServerOptions& options, bool tls) {
    TestServer server(options);
    Shard shard{0};
    g_main_context_push_thread_default(shard.context());
    {
        HttpClient client;
        const std::string at = "://localhost:" + std::to_string(server.port());
        std::optional<Result<HttpAnswer>> answer;
        client.call({.url = (tls ? "https" : "http") + at + "/echo", .headers = {}, .body = "x"},
                    [&](Result<HttpAnswer> got) { answer = std::move(got); });
        EXPECT_TRUE(shard.run_until([&] { return answer.has_value(); }, 30s));
        EXPECT_TRUE(answer && *answer) << (*answer ? "" : answer->error().message);
        std::unique_ptr<WebSocket> socket;
        const auto handle = dial_websocket(&shard, {.url = (tls ? "wss" : "ws") + at + "/echo/x", .headers = {}},
                                           [&](auto result, const UpgradeRefusal&) {
                                               EXPECT_TRUE(result) << result.error().message;
                                               if (result) socket = std::move(*result);
                                           });
        Recorder seen;
        EXPECT_TRUE(shard.run_until([&] { return socket != nullptr; }, 30s));
        if (socket) {
            socket->set_listener(&seen);
            socket->send_text("hello");
            EXPECT_TRUE(shard.run_until([&] { return !seen.texts.empty(); }, 30s));
        }
    }
    g_main_context_pop_thread_default(shard.context());
}

TEST(NetworkTypes, NoThreadRegistersATypeWithInterfacesLater) {
    CertificateFolder made;
    const Certificate files = made.issue("good", "DNS:localhost,IP:127.0.0.1");
    register_network_types();
    ASSERT_TRUE(tls_init(made.ca()));
    const auto before = with_interfaces();
    exchange({}, false);
    HttpServerOptions options;
    options.tls_certificate = files.certificate;
    options.tls_key = files.key;
    exchange(options, true);
    std::string late;
    for (const std::string& name : with_interfaces()) {
        // Private to their libraries: they are made, and no class names them.
        const bool hidden =
            name.ends_with("InputStream") || name.ends_with("OutputStream") || name == "GSimpleAsyncResult";
        if (!before.contains(name) && !hidden) late += name + " ";
    }
    EXPECT_EQ(late, "");
}

}  // namespace
}  // namespace trunkline::test
