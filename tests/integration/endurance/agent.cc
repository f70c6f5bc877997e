#include "tests/integration/endurance/agent.h"

#include <algorithm>

#include "engine/net/upgrade_request.h"

namespace trunkline::test {
namespace {

constexpr size_t kSpeech = 1600;  // 200 ms

std::string header_of(const std::string& head, const std::string& name) {
    const size_t at = head.find(name + ": ");
    if (at == std::string::npos) return "";
    const size_t begin = at + name.size() + 2;
    return head.substr(begin, head.find("\r\n", begin) - begin);
}

}  // namespace

struct WireAgent::Talk final : WireEvents {
    Talk(WireAgent* agent, int fd) : owner(agent), socket(agent->shard_, this) { socket.adopt(fd); }
    void on_bytes(std::string_view bytes) override;
    void on_gone() override {}
    void request(const std::string& head);
    void frame(uint8_t first, std::string_view payload);
    void speak();
    void end();
    void text(std::string_view message) { socket.send(ws_frame(kTextFrame, message, false)); }

    WireAgent* owner;
    WireSocket socket;
    std::string head;
    bool upgraded = false;
    int number = 0;  // of the call's connections
    AgentPlan plan;
    WsInbox inbox;
};

void WireAgent::Talk::on_bytes(std::string_view bytes) {
    if (upgraded) {
        inbox.feed(bytes, [this](uint8_t first, std::string_view payload) { frame(first, payload); });
        return;
    }
    head.append(bytes);
    if (head.find("\r\n\r\n") != std::string::npos && head.starts_with("GET ")) request(head);
}

void WireAgent::Talk::request(const std::string& request_head) {
    const int call = std::atoi(request_head.c_str() + 5);  // "GET /17 HTTP/1.1"
    plan = owner->plan_of_(call);
    number = ++owner->connections_[call];
    std::string accept = websocket_accept(header_of(request_head, "Sec-WebSocket-Key"));
    switch (plan.door) {
        case AgentPlan::Door::kRefuses401:
            return socket.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno");
        case AgentPlan::Door::kRefuses503:
            return socket.send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy");
        case AgentPlan::Door::kNeverAnswers:
            return;
        case AgentPlan::Door::kResets:
            return socket.reset();
        case AgentPlan::Door::kAnswersWrong:
            accept = "d3Jvbmc=";
            break;
        case AgentPlan::Door::kOpens:
            break;
    }
    upgraded = true;
    socket.send(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
        accept + "\r\n\r\n");
    if (plan.welcomes) text(R"({"type":"Welcome","request_id":"fc553ec9-5874-49ca-a47c-b670d525a4b3"})");
}

void WireAgent::Talk::frame(uint8_t first, std::string_view payload) {
    if (!socket.is_open()) return;
    if (first == kCloseFrame && plan.answers_close) {
        socket.send(ws_frame(kCloseFrame, payload.substr(0, 2), false));
        socket.shut();
    }
    if (first != kTextFrame || payload.find(R"("type":"Settings")") == std::string_view::npos) return;
    if (!plan.applies) return;
    text(R"({"type":"SettingsApplied"})");
    speak();
    if (number <= plan.ends_times) end();
}

void WireAgent::Talk::speak() {
    if (plan.talk == AgentPlan::Talk::kSilent) return;
    if (plan.talk == AgentPlan::Talk::kCallsTool) {
        text(
            R"({"type":"FunctionCallRequest","functions":[{"id":"f1","name":"look_up","arguments":"{}","client_side":true}]})");
    }
    text(R"({"type":"ConversationText","role":"assistant","content":"Hello, how can I help?"})");
    text(R"({"type":"AgentStartedSpeaking","total_latency":0.5,"tts_latency":0.2,"ttt_latency":0.3})");
    for (int i = 0; i < 2; ++i) socket.send(ws_frame(kBinaryFrame, std::string(kSpeech, '\x55'), false));
    if (plan.talk == AgentPlan::Talk::kIsInterrupted) {
        text(R"({"type":"UserStartedSpeaking"})");
        text(R"({"type":"ConversationText","role":"user","content":"Stop."})");
        socket.send(ws_frame(kBinaryFrame, std::string(kSpeech, '\x66'), false));
    }
    if (plan.end == AgentPlan::End::kCloses) text(R"({"type":"AgentAudioDone"})");
}

void WireAgent::Talk::end() {
    switch (plan.end) {
        case AgentPlan::End::kNone:
            return;
        case AgentPlan::End::kCloses:
            return socket.send(ws_close(1000, false));
        case AgentPlan::End::kGoesAway:
            return socket.send(ws_close(1011, false));
        case AgentPlan::End::kFin:
            return socket.shut();
        case AgentPlan::End::kReset:
            return socket.reset();
        case AgentPlan::End::kError:
            text(R"({"type":"Error","code":"INVALID_SETTINGS","description":"no such voice"})");
            return socket.send(ws_close(1011, false));
        case AgentPlan::End::kBreaksProtocol:
            return socket.send(ws_frame(0xF1, "reserved bits", false));
    }
}

WireAgent::WireAgent(Shard* shard, std::function<const AgentPlan&(int)> plan_of)
    : shard_(shard),
      plan_of_(std::move(plan_of)),
      listener_(shard, [this](int fd) { talks_.push_back(std::make_unique<Talk>(this, fd)); }) {}

WireAgent::~WireAgent() = default;
void WireAgent::clear() {
    talks_.clear();
    connections_.clear();
}

size_t WireAgent::open() {
    std::erase_if(talks_, [](const auto& talk) { return !talk->socket.is_open(); });
    return talks_.size();
}

}  // namespace trunkline::test
