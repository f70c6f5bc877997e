#include "vonage_rig.h"

#include <gtest/gtest.h>

#include <fstream>

#include "engine/core/clock.h"
#include "engine/core/id.h"
#include "tests/unit/carriers/rsa_key.h"

namespace trunkline::test {
namespace {

/// A media session that has no media: it begins with Vonage's first message and ends with its socket.
class SilentSession final : public MediaSession, private WebSocketListener {
  public:
    SilentSession(std::unique_ptr<WebSocket> socket, Listener* listener)
        : socket_(std::move(socket)), listener_(listener) {
        socket_->set_listener(this);
    }
    const char* carrier() const override { return "vonage"; }
    void begin() override {}
    void close(uint16_t code, std::string_view reason, std::function<void()> closed) override {
        listener_ = nullptr;
        closed_ = std::move(closed);
        if (gone_) {
            Shard::current()->defer(std::exchange(closed_, nullptr));
        } else {
            socket_->close(code, reason);
        }
    }
    bool unheard() const override { return false; }
    MediaStats stats() const override { return {}; }

  private:
    void on_text(std::string_view message) override {
        const auto first = Json::parse(message);
        MediaStart start;
        start.stream_id = "socket";
        start.carrier_call_id = first ? (*first)["leg"].text_or("") : "";
        if (listener_) listener_->on_media_start(start);
    }
    void on_binary(std::span<const uint8_t>) override {}
    void on_close(CloseCause, uint16_t, std::string_view) override {
        gone_ = true;
        if (listener_) listener_->on_media_end({"caller-hangup", "caller", false, ""});
        if (closed_) Shard::current()->defer(std::exchange(closed_, nullptr));
    }

    std::unique_ptr<WebSocket> socket_;
    Listener* listener_;
    std::function<void()> closed_;
    bool gone_ = false;
};

std::string graph(const std::string& limits) {
    return R"(trunkline: 1
name: quiet
params:
  greeting: {type: string, maxLength: 10, default: hello}
nodes:
  silence: {element: quietsrc}
  end: {element: fakesink, sync: false, async: false}
links:
  said: silence -> end
limits: )" +
           limits + "\n";
}

std::string header(const std::string& authorization) {
    return authorization.empty() ? "" : "Authorization: " + authorization + "\r\n";
}

vonage::RestSettings rest_settings(const std::string& url, const RigWishes& wishes) {
    vonage::RestSettings rest;
    rest.base_url = url;
    rest.limits = wishes.rest_limits;
    rest.application_id = "app-1";
    rest.private_key = private_key_pem();
    return rest;
}

}  // namespace

MediaClient::MediaClient(uint16_t port, const std::string& path, const std::string& authorization) : client_(port) {
    client_.send("GET " + path +
                 " HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: WSBRIDGE\r\n" +
                 header(authorization) + "\r\n");
    const std::string head = client_.read_head();
    if (head.size() > 12) status_ = std::stoi(head.substr(9, 3));
}

void MediaClient::connected(const std::string& uuid) {
    client_.send(
        frame(kText, R"({"event":"websocket:connected","content-type":"audio/l16;rate=16000","leg":")" + uuid + "\"}"));
}

int MediaClient::wait_close_code() {
    int code = 0;
    client_.read_until([&](const std::string& got) {
        std::string bytes = got;
        for (const Frame& f : take_frames(bytes)) {
            if (f.opcode == kClose && f.payload.size() >= 2)
                code = static_cast<unsigned char>(f.payload[0]) << 8 | static_cast<unsigned char>(f.payload[1]);
        }
        return code != 0;
    });
    return code;
}

void MediaClient::answer_close() { client_.send(frame(kClose, close_payload(1000))); }

VonageRig::VonageRig(RigWishes wishes) {
    std::ofstream(folder_.path() + "/quiet.yaml") << graph(wishes.limits);
    graphs = std::make_unique<graph::GraphStore>(std::vector<std::string>{folder_.path()}, graph::LoadOptions{});
    for (const auto& d : graphs->reload().diagnostics) {
        if (d.severity == graph::Severity::kError) ADD_FAILURE() << d.code << ": " << d.message;
    }
    shards = std::make_unique<ShardPool>(1);
    const auto rest = rest_settings(wishes.mute ? "http://" + mute_api.host_and_port() : api.url(), wishes);
    hang_ups = std::make_unique<vonage::HangUps>(1, wishes.rest ? std::optional(rest) : std::nullopt);
    CallManagerOptions options;
    options.max_calls = wishes.max_calls;
    options.hang_up["vonage"] = [this](Shard* shard, const std::string& uuid, std::function<void()> done) {
        hang_ups->hang_up(shard, uuid, std::move(done));
    };
    calls = std::make_unique<CallManager>(
        shards.get(), graphs.get(), &outbox,
        std::map<std::string, MediaSessionFactory>{
            {"vonage",
             [](Shard*, std::unique_ptr<WebSocket> socket, MediaSession::Listener* listener) {
                 return std::make_unique<SilentSession>(std::move(socket), listener);
             }}},
        options);
    HttpServerOptions http;
    http.port = 0;
    http.websocket.close_timeout_ms = 100;
    server = std::make_unique<HttpServer>(shards.get(), http);
    VonageParts parts;
    parts.calls = calls.get();
    parts.settings.public_url = "https://voice.example.com";
    if (wishes.custom_socket) parts.settings.socket_auth = vonage::SocketAuth::kCustom;
    parts.settings.socket_key = "key";
    vonage::SignatureSettings signature;
    signature.required = wishes.signed_requests;
    signature.signature_secret = kSecret;
    signature.api_key = "a1b2c3d4";
    parts.gate = std::make_shared<vonage::Gate>(signature, parts.settings);
    parts.hang_ups = hang_ups.get();
    add_vonage_routes(server.get(), parts);
    const auto listening = server->listen();
    EXPECT_TRUE(listening) << listening.error().message;
}

VonageRig::~VonageRig() {
    calls->end_all(std::chrono::seconds(5));
    server.reset();
    shards->run_on_each([this](Shard* shard) { hang_ups->release(shard); });
    shards->stop();
    calls.reset();
}

Reply VonageRig::ask(const std::string& request) const {
    RawClient client(server->port());
    const std::string text = client.send(request).read_to_end();
    Reply reply;
    const size_t end = text.find("\r\n\r\n");
    if (text.size() < 12 || end == std::string::npos) return reply;
    reply.status = std::stoi(text.substr(9, 3));
    reply.head = text.substr(0, end);
    reply.body = text.substr(end + 4);
    return reply;
}

Reply VonageRig::get(const std::string& target, const std::string& authorization) const {
    return ask("GET " + target + " HTTP/1.1\r\nHost: h\r\n" + header(authorization) + "\r\n");
}

Reply VonageRig::post(const std::string& target, const std::string& body, const std::string& authorization) const {
    return ask("POST " + target + " HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: " +
               std::to_string(body.size()) + "\r\n" + header(authorization) + "\r\n" + body);
}

std::string VonageRig::signature(const std::string& body) {
    JsonWriter w;
    w.begin_object().field("iss", "Vonage").field("api_key", "a1b2c3d4").field("jti", new_id(""));
    w.field("iat", unix_ms() / 1000).field("payload_hash", sha256_hex(body)).end();
    return "Bearer " + hs256_token(kSecret, w.text());
}

Json VonageRig::announce(const std::string& uuid) {
    return post("/vonage/answer",
                R"({"from":"15550100","to":"15550199","conversation_uuid":"CON-1","uuid":")" + uuid + "\"}")
        .json();
}

std::string VonageRig::media_path(const Json& ncco) {
    const std::string uri = ncco.at(0)["endpoint"].at(0)["uri"].text_or("");
    const size_t at = uri.find("/vonage/media/");
    return at == std::string::npos ? "/" : uri.substr(at);
}

bool VonageRig::wait_ended() const {
    const bool ended = outbox.wait_fact("call.ended");
    shards->run_on_each([](Shard*) {});  // the row follows in the same loop turn
    return ended;
}

std::string VonageRig::row(std::string CallRow::*column) const {
    std::string value;
    for (const CallRow& r : outbox.all<CallRow>()) {
        if (!(r.*column).empty()) value = r.*column;
    }
    return value;
}

}  // namespace trunkline::test
