// See backend.h.
#include "benchmarks/load/backend.h"

#include <algorithm>
#include <cstring>

#include "benchmarks/load/http_text.h"
#include "engine/core/clock.h"

namespace trunkline::load {
namespace {

std::string_view as_text(std::span<const uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

AgentSession::AgentSession(Rig& rig, TcpSocket socket)
    : rig_(rig), channel_(std::move(socket), WsChannel::Role::kServer) {
    rig_.reactor.watch(channel_.socket().fd(), this, false);
}

AgentSession::~AgentSession() { close(); }

void AgentSession::close() {
    if (channel_.socket().is_open()) rig_.reactor.unwatch(channel_.socket().fd());
    channel_.socket().close();
    over_ = true;
}

void AgentSession::on_ready(bool readable, bool writable) {
    if (over_) return;
    if (writable) {
        channel_.socket().flush();
        update_interest();
    }
    if (!readable) return;
    if (!upgraded_) on_upgrade_bytes();
    if (!over_ && upgraded_ && !channel_.read(*this)) close();
}

void AgentSession::on_upgrade_bytes() {
    TcpSocket& socket = channel_.socket();
    const auto bytes = socket.receive();
    const size_t head = head_size(as_text(bytes));
    if (head == 0 && !socket.ended()) return socket.keep(bytes);
    const std::string_view key = header_value(as_text(bytes).substr(0, head), "Sec-WebSocket-Key");
    if (key.empty()) {
        rig_.meters.fail("the engine's request to the agent is no WebSocket upgrade");
        return close();
    }
    socket.send(upgrade_answer(key));
    socket.keep(bytes.subspan(head));
    upgraded_ = true;
    send_text(R"({"type":"Welcome","request_id":"00000000-0000-4000-8000-000000000001"})");
}

void AgentSession::on_message(WsOpcode opcode, std::span<uint8_t> payload) {
    if (opcode == WsOpcode::kBinary) return on_audio(payload);
    if (as_text(payload).find("\"Settings\"") != std::string_view::npos) on_settings(as_text(payload));
}

void AgentSession::on_settings(std::string_view text) {
    if (text.find("\"mulaw\"") == std::string_view::npos || text.find("linear16") != std::string_view::npos)
        rig_.meters.fail(
            "the engine asked the agent for another encoding than mulaw both ways: stamped frames only "
            "survive a pass-through; use a graph with mulaw/8000");
    settled_ = true;
    send_text(R"({"type":"SettingsApplied"})");
}

void AgentSession::on_audio(std::span<const uint8_t> audio) {
    const int64_t now = monotonic_ns();
    for (const Stamp& stamp : reader_.read(audio)) {
        if (!known_ && stamp.call < rig_.calls()) begin_talking(stamp.call, now);
        if (stamp.call != call_ || !known_) {
            ++rig_.meters.misrouted;
            continue;
        }
        rig_.records[call_].up.note(stamp.frame);
        if (!rig_.meters.window.holds(stamp.intended_ns)) continue;
        rig_.meters.up.record(now - stamp.intended_ns);
        rig_.meters.up_from_sent.record(now - stamp.sent_ns);
    }
}

void AgentSession::begin_talking(uint32_t call, int64_t now) {
    known_ = true;
    call_ = call;
    CallRecord& record = rig_.records[call];
    if (record.first_heard_ns == 0) {
        record.first_heard_ns = now;
        rig_.meters.first_frame.record(now - record.dialed_ns);
    }
    // Half a frame away from the caller's own moments, so that the two directions of a call do not meet.
    rig_.reactor.at(rig_.next_on_grid(now, rig_.phase_ns(call) + kFrameNs / 2), this, 0);
}

/// One step of the agent's talk: due every `agent_burst` while it talks, and at the beginning of every spurt.
void AgentSession::on_due(int, int64_t due) {
    if (over_) return;
    const LoadPlan& plan = rig_.plan;
    const int64_t cycle = plan.talk_ns + plan.silence_ns;
    const int64_t into = (due - rig_.epoch_ns + cycle * call_ / rig_.calls()) % cycle;
    if (into < plan.talk_ns) {
        if (!talking_) {
            const std::string turn = std::to_string(++turn_);
            send_text(R"({"type":"ConversationText","role":"user","content":"This is what I ask in turn )" + turn +
                      R"("})");
            send_text(R"({"type":"ConversationText","role":"assistant","content":"And this is the answer of turn )" +
                      turn + R"("})");
        }
        talking_ = true;
        send_burst(due);
        return rig_.reactor.at(due + plan.agent_burst_ns, this, 0);
    }
    if (talking_) send_text(R"({"type":"AgentAudioDone"})");
    talking_ = false;
    rig_.reactor.at(due + (cycle - into + kFrameNs - 1) / kFrameNs * kFrameNs, this, 0);
}

void AgentSession::send_burst(int64_t intended) {
    CallRecord& record = rig_.records[call_];
    const int64_t now = monotonic_ns();
    std::string audio;
    StampedFrame frame;
    for (int64_t ns = 0; ns < rig_.plan.agent_burst_ns; ns += kFrameNs) {
        write_stamped(frame, Direction::kDown, {call_, record.down_sent++, intended, now});
        audio.append(reinterpret_cast<const char*>(frame.data()), frame.size());
    }
    if (rig_.meters.window.holds(intended)) rig_.meters.lateness.record(now - intended);
    const size_t step = rig_.plan.agent_message_bytes == 0 ? audio.size() : rig_.plan.agent_message_bytes;
    for (size_t at = 0; at < audio.size(); at += step)
        channel_.send(WsOpcode::kBinary, std::string_view(audio).substr(at, step));
    update_interest();
}

void AgentSession::send_text(std::string_view text) {
    channel_.send(WsOpcode::kText, text);
    update_interest();
}

void AgentSession::update_interest() {
    const bool wanted = channel_.socket().has_queued();
    if (wanted == wants_write_ || !channel_.socket().is_open()) return;
    wants_write_ = wanted;
    rig_.reactor.rewatch(channel_.socket().fd(), this, wanted);
}

Backend::Backend(Rig& rig, TcpSocket& listener) : rig_(rig), listener_(listener) {
    rig_.reactor.watch(listener_.fd(), this, false);
}

Backend::~Backend() { rig_.reactor.unwatch(listener_.fd()); }

void Backend::on_ready(bool, bool) {
    for (TcpSocket socket = accept_from(listener_); socket.is_open(); socket = accept_from(listener_))
        sessions_.push_back(std::make_unique<AgentSession>(rig_, std::move(socket)));
}

bool Backend::all_over() const {
    return std::all_of(sessions_.begin(), sessions_.end(), [](const auto& session) { return session->is_over(); });
}

}  // namespace trunkline::load
