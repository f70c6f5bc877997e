#include "tests/integration/endurance/caller.h"

#include <utility>

namespace trunkline::test {
namespace {

constexpr int kFrames = 5;  // 100 ms of speech, at once

std::string post(const std::string& path, const std::string& form) {
    return "POST " + path +
           " HTTP/1.1\r\nHost: voice.example.com\r\nContent-Type: application/x-www-form-urlencoded\r\n"
           "Connection: close\r\nContent-Length: " +
           std::to_string(form.size()) + "\r\n\r\n" + form;
}

}  // namespace

struct WireCaller::Impl {
    /// The webhook's connection, then that of the media socket, then that of a status callback.
    struct Line final : WireEvents {
        Line(Impl* impl, Shard* shard) : owner(impl), socket(shard, this) {}
        void on_connected() override { owner->connected(*this); }
        void on_bytes(std::string_view bytes) override { owner->bytes(*this, bytes); }
        void on_gone() override { owner->gone(*this); }
        Impl* owner;
        WireSocket socket;
        std::string received;
    };

    Impl(Shard* on, uint16_t port, CallerPlan how, std::string sid)
        : shard(on), engine_port(port), plan(std::move(how)), call_sid(std::move(sid)) {}

    void connected(Line& line);
    void bytes(Line& line, std::string_view bytes);
    void gone(Line& line);
    void document();
    void upgraded(std::string_view rest);
    void frame(uint8_t first, std::string_view payload);
    void start();
    void reach(Moment moment);
    void act();
    void text(const std::string& message) { media.socket.send(ws_frame(kTextFrame, message, true)); }

    Shard* shard;
    uint16_t engine_port;
    CallerPlan plan;
    std::string call_sid, stream_sid, media_path, webhook;
    Line http{this, shard}, media{this, shard}, report{this, shard};
    WsInbox inbox;
    bool is_upgraded = false, is_acted = false, is_over = false;
    std::string trouble;
};

WireCaller::WireCaller(Shard* shard, uint16_t engine_port, uint16_t agent_port, const CallerPlan& plan, int number,
                       std::string call_sid)
    : impl_(std::make_unique<Impl>(shard, engine_port, plan, std::move(call_sid))) {
    Impl& c = *impl_;
    c.stream_sid = "MZ" + c.call_sid.substr(2);
    const std::string agent =
        "%3A%2F%2F127.0.0.1%3A" + std::to_string(plan.agent_listens ? agent_port : closed_port()) + "%2F";
    c.webhook = "/twilio/voice/" + plan.graph + "?agent=ws" + agent + std::to_string(number);
    if (plan.graph == "tool") c.webhook += "&tool=http" + agent + "tool";
    if (!plan.query.empty()) c.webhook += "&" + plan.query;
    c.http.socket.dial(engine_port);
}

WireCaller::~WireCaller() = default;
bool WireCaller::over() const { return impl_->is_over; }
bool WireCaller::acted() const { return impl_->is_acted; }
size_t WireCaller::open_sockets() const {
    return size_t{impl_->http.socket.is_open()} + size_t{impl_->media.socket.is_open()} +
           size_t{impl_->report.socket.is_open()};
}
const std::string& WireCaller::trouble() const { return impl_->trouble; }

void WireCaller::Impl::connected(Line& line) {
    if (&line == &http) {
        line.socket.send(post(webhook, "CallSid=" + call_sid + "&From=%2B15550100123&To=%2B15550199456"));
    } else if (&line == &report) {
        line.socket.send(post("/twilio/status", "CallSid=" + call_sid + "&CallStatus=completed&SequenceNumber=3"));
    } else {
        reach(Moment::kDialed);
        line.socket.send("GET " + media_path +
                         " HTTP/1.1\r\nHost: voice.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    }
}

void WireCaller::Impl::bytes(Line& line, std::string_view bytes) {
    if (&line != &media) {
        line.received.append(bytes);
        return;
    }
    if (is_upgraded) {
        inbox.feed(bytes, [this](uint8_t first, std::string_view payload) { frame(first, payload); });
        return;
    }
    line.received.append(bytes);
    const size_t end = line.received.find("\r\n\r\n");
    if (end == std::string::npos) return;
    if (line.received.find(" 101 ") != 8) {
        trouble = "the media socket was refused: " + line.received.substr(0, 40);
        return;
    }
    is_upgraded = true;
    const std::string rest = line.received.substr(end + 4);
    reach(Moment::kOpen);
    if (plan.sends_start && media.socket.is_open()) start();
    inbox.feed(rest, [this](uint8_t first, std::string_view payload) { frame(first, payload); });
}

void WireCaller::Impl::gone(Line& line) {
    if (&line == &http) return document();
    if (&line == &media) is_over = true;
    if (&line == &report && plan.when == Moment::kDocument) is_over = true;
}

void WireCaller::Impl::document() {
    const std::string mark = "wss://voice.example.com";
    const size_t at = http.received.find(mark);
    if (at == std::string::npos) {
        trouble = "no media address in the document: " + http.received.substr(0, 300);
        is_over = true;
        return;
    }
    const size_t begin = at + mark.size();
    media_path = http.received.substr(begin, http.received.find('"', begin) - begin);
    if (plan.when == Moment::kDocument) return reach(Moment::kDocument);
    media.socket.dial(engine_port);
}

void WireCaller::Impl::start() {
    text(R"({"event":"connected","protocol":"Call","version":"1.0.0"})");
    text(R"({"event":"start","sequenceNumber":"1","start":{"streamSid":")" + stream_sid +
         R"(","accountSid":"AC1","callSid":")" + (plan.start_call_sid.empty() ? call_sid : plan.start_call_sid) +
         R"(","tracks":["inbound"],"customParameters":{)" + plan.start_params + R"(},"mediaFormat":{"encoding":")" +
         plan.encoding + R"(","sampleRate":8000,"channels":1}},"streamSid":")" + stream_sid + "\"}");
    const std::string audio(216, 'f');  // 162 bytes of base64
    for (int i = 0; i < kFrames; ++i) {
        text(R"({"event":"media","sequenceNumber":")" + std::to_string(i + 2) +
             R"(","media":{"track":"inbound","chunk":"1","timestamp":"20","payload":")" + audio +
             R"("},"streamSid":")" + stream_sid + "\"}");
    }
    reach(Moment::kStarted);
    if (plan.when == Moment::kNever) is_acted = true;
}

void WireCaller::Impl::frame(uint8_t first, std::string_view payload) {
    if (!media.socket.is_open()) return;
    if (first == kCloseFrame) {
        if (!plan.answers_close) {
            is_over = true;
            return media.socket.vanish();
        }
        media.socket.send(ws_frame(kCloseFrame, payload.substr(0, 2), true));
        return;
    }
    if (first != kTextFrame) return;
    if (payload.find(R"("event":"clear")") != std::string_view::npos) {
        reach(Moment::kCleared);
    } else if (payload.find(R"("event":"media")") != std::string_view::npos) {
        reach(Moment::kHeard);
    } else if (payload.find(R"("event":"mark")") != std::string_view::npos && plan.returns_marks) {
        text(std::string(payload));  // Twilio's answer has the same shape
    }
}

void WireCaller::Impl::reach(Moment moment) {
    if (moment != plan.when || is_acted) return;
    is_acted = true;
    act();
}

void WireCaller::Impl::act() {
    const std::string stop = R"({"event":"stop","sequenceNumber":"99","streamSid":")" + stream_sid + "\"}";
    bool leaves = false;
    switch (plan.act) {
        case Act::kNothing:
            is_over = plan.when == Moment::kDocument;
            break;
        case Act::kStopThenClose:
            text(stop);
            media.socket.send(ws_close(1000, true));
            break;
        case Act::kStopThenReset:
            text(stop);
            media.socket.reset();
            leaves = true;
            break;
        case Act::kClose:
            media.socket.send(ws_close(1000, true));
            break;
        case Act::kFin:
            media.socket.shut();
            leaves = true;
            break;
        case Act::kReset:
            media.socket.reset();
            leaves = true;
            break;
        case Act::kVanish:
            media.socket.vanish();
            leaves = true;
            break;
        case Act::kSend:
            media.socket.send(plan.raw);
            break;
        case Act::kSendAndShut:
            media.socket.send(plan.raw);
            media.socket.shut();
            leaves = true;
            break;
        case Act::kReport:
            report.socket.dial(engine_port);
            break;
    }
    if (leaves) is_over = true;
}

}  // namespace trunkline::test
