// See bare_bridge.h.
#include "benchmarks/load/bare_bridge.h"

#include <cstring>

#include "benchmarks/load/media_text.h"

namespace trunkline::load {
namespace {

constexpr std::string_view kSettings =
    R"({"type":"Settings","audio":{"input":{"encoding":"mulaw","sample_rate":8000},)"
    R"("output":{"encoding":"mulaw","sample_rate":8000,"container":"none"}},"agent":{}})";

class Line;

/// The socket to the agent, owned by the line it belongs to.
class Agent final : public SocketSink, public MessageSink {
  public:
    Agent(Reactor& reactor, const BackendPlace& backend, Line& line)
        : reactor_(reactor), backend_(backend), line_(line) {
        TcpSocket socket;
        socket.start_connect(backend_.address);
        if (backend_.tls != nullptr) socket.begin_tls(*backend_.tls, backend_.url.host);
        channel_ = WsChannel(std::move(socket), WsChannel::Role::kClient);
        if (channel_.socket().is_open()) reactor_.watch(channel_.socket().fd(), this, true);
    }
    ~Agent() override {
        if (channel_.socket().is_open()) reactor_.unwatch(channel_.socket().fd());
    }
    void send_audio(std::span<const uint8_t> audio);
    void on_ready(bool readable, bool writable) override;
    void on_message(WsOpcode opcode, std::span<uint8_t> payload) override;

  private:
    bool on_upgrade_bytes();

    Reactor& reactor_;
    const BackendPlace& backend_;
    Line& line_;
    WsChannel channel_;
    bool connected_ = false, upgraded_ = false, ready_ = false;
    std::string waiting_;  // audio from before SettingsApplied
};

/// An accepted connection: a webhook that is answered and closed, or a media socket with its agent.
class Line final : public SocketSink, public MessageSink {
  public:
    Line(Reactor& reactor, TcpSocket socket, const BackendPlace& backend)
        : reactor_(reactor), backend_(backend), channel_(std::move(socket), WsChannel::Role::kServer) {
        reactor_.watch(channel_.socket().fd(), this, false);
    }
    ~Line() override { reactor_.unwatch(channel_.socket().fd()); }
    void on_ready(bool readable, bool writable) override;
    void on_message(WsOpcode opcode, std::span<uint8_t> payload) override;
    void play(std::span<const uint8_t> audio);
    void end();

  private:
    bool on_request_bytes();
    void answer_call(std::string_view head);

    Reactor& reactor_;
    const BackendPlace& backend_;
    WsChannel channel_;
    bool upgraded_ = false, ended_ = false;
    std::string stream_sid_;
    std::unique_ptr<Agent> agent_;
};

void Agent::on_ready(bool readable, bool writable) {
    TcpSocket& socket = channel_.socket();
    if (writable && !connected_) {
        if (socket.connect_error() != 0) return line_.end();
        connected_ = true;
        socket.send(upgrade_request(backend_.url.host, backend_.url.path, {{"Authorization", "Token none"}}));
        reactor_.rewatch(socket.fd(), this, false);
    }
    if (!readable || !connected_) return;
    if (!upgraded_ && !on_upgrade_bytes()) return;
    if (!channel_.read(*this) || !socket.flush()) line_.end();
}

bool Agent::on_upgrade_bytes() {
    TcpSocket& socket = channel_.socket();
    const auto bytes = socket.receive();
    const size_t head = head_size(as_text(bytes));
    socket.keep(bytes.subspan(head));
    upgraded_ = head != 0 && status_of(as_text(bytes)) == 101;
    if (!upgraded_ && (head != 0 || socket.ended())) line_.end();
    return upgraded_;
}

void Agent::on_message(WsOpcode opcode, std::span<uint8_t> payload) {
    if (opcode == WsOpcode::kBinary) return line_.play(payload);
    const std::string_view type = text_field(as_text(payload), "\"type\"");
    if (type == "Welcome") channel_.send(WsOpcode::kText, kSettings);
    if (type != "SettingsApplied") return;
    ready_ = true;
    if (!waiting_.empty()) channel_.send(WsOpcode::kBinary, waiting_);
    waiting_ = {};
}

void Agent::send_audio(std::span<const uint8_t> audio) {
    if (ready_)
        channel_.send(WsOpcode::kBinary, as_text(audio));
    else if (waiting_.size() + audio.size() <= FrameBuilder::kCapacity)
        waiting_ += as_text(audio);
}

void Line::on_ready(bool readable, bool) {
    if (!readable || ended_) return;
    if (!upgraded_ && !on_request_bytes()) return;
    if (!channel_.read(*this) || !channel_.socket().flush()) end();
}

/// True when the connection is a media socket now.
bool Line::on_request_bytes() {
    TcpSocket& socket = channel_.socket();
    const auto bytes = socket.receive();
    const std::string_view text = as_text(bytes);
    const size_t head = head_size(text);
    const bool whole = head != 0 && (text.starts_with("GET ") || whole_body(text, false));
    if (!whole) {
        socket.keep(bytes);
        if (socket.ended()) end();
        return false;
    }
    const std::string_view key = header_value(text.substr(0, head), "Sec-WebSocket-Key");
    if (key.empty()) {
        answer_call(text.substr(0, head));
        end();
        return false;
    }
    socket.send(upgrade_answer(key));
    socket.keep(bytes.subspan(head));
    agent_ = std::make_unique<Agent>(reactor_, backend_, *this);
    return upgraded_ = true;
}

void Line::answer_call(std::string_view head) {
    const bool known = target_of(head) == "/twilio/voice";
    const std::string body = known ? R"(<?xml version="1.0" encoding="UTF-8"?><Response><Connect><Stream url="wss://)" +
                                         std::string(header_value(head, "Host")) + R"(/media"/></Connect></Response>)"
                                   : std::string();
    channel_.socket().send((known ? "HTTP/1.1 200 OK" : "HTTP/1.1 404 Not Found") +
                           std::string("\r\nContent-Type: text/xml\r\nConnection: close\r\nContent-Length: ") +
                           std::to_string(body.size()) + "\r\n\r\n" + body);
}

void Line::on_message(WsOpcode, std::span<uint8_t> payload) {
    const std::string_view text = as_text(payload);
    const std::string_view event = text_field(text, "\"event\"");
    if (event == "media") {
        agent_->send_audio(base64_field(text, "\"payload\""));
    } else if (event == "start") {
        stream_sid_ = text_field(text, "\"streamSid\"");
    }
}

void Line::play(std::span<const uint8_t> audio) {
    if (audio.size() > FrameBuilder::kCapacity / 2) return;
    channel_.send_built({WsOpcode::kText, write_line_media(frame_builder().payload(), stream_sid_, audio)});
}

/// Both sockets go together, once the current batch of events is through.
void Line::end() {
    if (ended_) return;
    ended_ = true;
    reactor_.bury(std::unique_ptr<SocketSink>(this));
}

}  // namespace

BareBridge::BareBridge(Reactor& reactor, TcpSocket listener, const TlsContext* tls, BackendPlace backend)
    : reactor_(reactor), listener_(std::move(listener)), tls_(tls), backend_(std::move(backend)) {
    reactor_.watch(listener_.fd(), this, false);
}

void BareBridge::on_ready(bool, bool) {
    // A line owns itself until it ends and is buried.
    for (TcpSocket socket = accept_from(listener_); socket.is_open(); socket = accept_from(listener_)) {
        if (tls_ != nullptr) socket.begin_tls(*tls_);
        new Line(reactor_, std::move(socket), backend_);
    }
}

}  // namespace trunkline::load
