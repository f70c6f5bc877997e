// See backend.h.
#include "benchmarks/load/backend.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "benchmarks/load/http_text.h"
#include "engine/core/clock.h"

namespace trunkline::load {
namespace {

constexpr int64_t kLater = 1'000'000'000;  // what waited at the beginning must be forgotten by then

std::string_view as_text(std::span<const uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

AgentSession::AgentSession(Rig& rig, TcpSocket socket)
    : rig_(rig), channel_(std::move(socket), WsChannel::Role::kServer), accepted_ns_(monotonic_ns()) {
    if (rig_.plan.agent_tls != nullptr) channel_.socket().begin_tls(*rig_.plan.agent_tls);
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
    update_interest();  // a handshake answers by itself
}

void AgentSession::on_upgrade_bytes() {
    TcpSocket& socket = channel_.socket();
    const auto bytes = socket.receive();
    const size_t head = head_size(as_text(bytes));
    if (head == 0 && !socket.ended()) return socket.keep(bytes);
    if (const std::string why = socket.tls_error(); !why.empty()) {
        rig_.meters.fail("TLS between the engine and the agent failed: " + why);
        return close();
    }
    const std::string_view key = header_value(as_text(bytes).substr(0, head), "Sec-WebSocket-Key");
    if (key.empty()) {
        rig_.meters.fail("the engine's request to the agent is no WebSocket upgrade");
        return close();
    }
    socket.send(upgrade_answer(key));
    socket.keep(bytes.subspan(head));
    upgraded_ = true;
    if (rig_.plan.agent_delay_ns == 0) return welcome();
    rig_.reactor.at(monotonic_ns() + rig_.plan.agent_delay_ns, this, kWelcome);
}

void AgentSession::welcome() {
    welcomed_ = true;
    send_text(R"({"type":"Welcome","request_id":"00000000-0000-4000-8000-000000000001"})");
    if (asked_) apply_settings();
}

void AgentSession::apply_settings() {
    send_text(R"({"type":"SettingsApplied"})");
    settled_ns_ = monotonic_ns();
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
    asked_ = true;
    if (welcomed_) apply_settings();
}

void AgentSession::on_audio(std::span<const uint8_t> audio) {
    const int64_t now = monotonic_ns();
    for (const Stamp& stamp : reader_.read(audio)) {
        if (!known_ && stamp.call < rig_.records.size()) begin_talking(stamp.call, now);
        if (stamp.call != call_ || !known_)
            ++rig_.meters.misrouted;
        else
            note_heard(stamp, now);
    }
}

void AgentSession::note_heard(const Stamp& stamp, int64_t now) {
    CallRecord& record = rig_.records[call_];
    record.up.note(stamp.frame);
    if (stamp.sent_ns < record.settled_ns) {
        ++record.waited;
        record.waited_heard_ns = now;
    } else if (std::exchange(record.waited_counted, true) == false && record.waited > 0 && record.start != nullptr) {
        record.start->waited += record.waited;
        record.start->caught_up.record(record.waited_heard_ns - record.settled_ns);
    }
    if (rig_.is_new(call_)) {
        const bool later = stamp.intended_ns >= record.settled_ns + kLater;
        if (later && record.start != nullptr) record.start->later.record(now - stamp.intended_ns);
        return;
    }
    if (!rig_.meters.window.holds(stamp.intended_ns)) return;
    rig_.meters.up.record(now - stamp.intended_ns);
    rig_.meters.up_from_sent.record(now - stamp.sent_ns);
}

void AgentSession::begin_talking(uint32_t call, int64_t now) {
    known_ = true;
    call_ = call;
    CallRecord& record = rig_.records[call];
    if (record.first_heard_ns == 0) {
        record.first_heard_ns = now;
        record.accepted_ns = accepted_ns_;
        record.settled_ns = settled_ns_;
        if (StartMeters* start = record.start; start != nullptr) {
            start->first_frame.record(now - record.dialed_ns);
            start->handshake.record(backend_share_ns(record));
            start->first_frame_apart.record(now - record.dialed_ns - backend_share_ns(record));
        }
    }
    // Half a frame away from the caller's own moments, so that the two directions of a call do not meet.
    rig_.reactor.at(rig_.next_on_grid(now, rig_.phase_ns(call) + kFrameNs / 2), this, kTalk);
}

/// One step of the agent's talk: due every `agent_burst` while it talks, and at the beginning of every spurt.
void AgentSession::talk(int64_t due) {
    const LoadPlan& plan = rig_.plan;
    const int64_t cycle = plan.talk_ns + plan.silence_ns;
    const int64_t into = (due - rig_.epoch_ns + cycle * call_ / rig_.steady) % cycle;
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
        return rig_.reactor.at(due + plan.agent_burst_ns, this, kTalk);
    }
    if (talking_) send_text(R"({"type":"AgentAudioDone"})");
    talking_ = false;
    rig_.reactor.at(due + (cycle - into + kFrameNs - 1) / kFrameNs * kFrameNs, this, kTalk);
}

void AgentSession::on_due(int what, int64_t due) {
    if (over_) return;
    if (what == kWelcome)
        welcome();
    else
        talk(due);
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
