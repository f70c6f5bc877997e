// See backend.h.
#include "benchmarks/load/backend.h"

#include <algorithm>
#include <utility>

#include "benchmarks/load/http_text.h"
#include "benchmarks/load/media_text.h"
#include "engine/core/clock.h"

namespace trunkline::load {
namespace {

constexpr int64_t kLater = 1'000'000'000;  // what waited at the beginning must be forgotten by then

}  // namespace

AgentSession::AgentSession(Rig& rig, TcpSocket socket)
    : rig_(rig),
      channel_(std::move(socket), WsChannel::Role::kServer),
      up_(rig.plan.cell.up()),
      down_(rig.plan.cell.down()),
      wire_(agent_wire(rig.plan.cell)),
      reader_(up_.reader(rig.sent_up)),
      accepted_ns_(monotonic_ns()) {
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
    if (rig_.plan.agent_delay_ns == 0) return say_hello();
    rig_.reactor.at(monotonic_ns() + rig_.plan.agent_delay_ns, this, kHello);
}

void AgentSession::say_hello() {
    greeted_ = true;
    send_text(wire_->hello());
    if (asked_) apply_settings();
}

void AgentSession::apply_settings() {
    send_text(wire_->settings_applied());
    settled_ns_ = monotonic_ns();
}

void AgentSession::on_message(WsOpcode opcode, std::span<uint8_t> payload) {
    using Kind = AgentWire::Heard::Kind;
    const AgentWire::Heard heard = wire_->read(opcode, payload);
    if (heard.kind == Kind::kAudio) return on_audio(heard.audio);
    if (heard.kind == Kind::kNothing) return;
    if (heard.kind == Kind::kBroken) rig_.meters.fail(heard.wrong);
    asked_ = true;
    if (greeted_) apply_settings();
}

void AgentSession::on_audio(std::span<const uint8_t> audio) {
    const int64_t now = monotonic_ns();
    for (const HeardFrame& frame : reader_->read(audio, now)) {
        if (!known_ && frame.stamp.call < rig_.records.size()) begin_talking(frame.stamp.call, now);
        if (frame.stamp.call != call_ || !known_)
            ++rig_.meters.misrouted;
        else
            note_heard(frame);
    }
}

void AgentSession::note_heard(const HeardFrame& frame) {
    CallRecord& record = rig_.records[call_];
    const Stamp& stamp = frame.stamp;
    record.up.note(stamp.frame);
    if (stamp.sent_ns < record.settled_ns) {
        ++record.waited;
        record.waited_heard_ns = frame.heard_ns;
    } else if (std::exchange(record.waited_counted, true) == false && record.waited > 0 && record.start != nullptr) {
        record.start->waited += record.waited;
        record.start->caught_up.record(record.waited_heard_ns - record.settled_ns);
    }
    if (rig_.is_new(call_)) {
        const bool later = stamp.intended_ns >= record.settled_ns + kLater;
        if (later && record.start != nullptr) record.start->later.record(frame.heard_ns - stamp.intended_ns);
        return;
    }
    if (!rig_.meters.window.holds(stamp.intended_ns)) return;
    rig_.meters.up.record(frame.heard_ns - stamp.intended_ns);
    rig_.meters.up_from_sent.record(frame.heard_ns - stamp.sent_ns);
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

bool AgentSession::caller_has_heard_all() const {
    const CallRecord& record = rig_.records[call_];
    return record.down.received() == record.down_sent && record.line_busy_ns <= monotonic_ns();
}

void AgentSession::begin_turn() {
    for (const std::string& text : wire_->begin_turn(++turn_, caller_has_heard_all())) send_text(text);
}

/// One step of the agent's talk: due every `agent_burst` while it talks, and at the beginning of every spurt.
void AgentSession::talk(int64_t due) {
    const LoadPlan& plan = rig_.plan;
    const int64_t cycle = plan.talk_ns + plan.silence_ns;
    const int64_t into = (due - rig_.epoch_ns + cycle * call_ / rig_.steady) % cycle;
    if (into < plan.talk_ns) {
        if (!talking_) begin_turn();
        talking_ = true;
        send_burst(due);
        return rig_.reactor.at(due + plan.agent_burst_ns, this, kTalk);
    }
    if (talking_) send_text(wire_->end_turn());
    talking_ = false;
    rig_.reactor.at(due + (cycle - into + kFrameNs - 1) / kFrameNs * kFrameNs, this, kTalk);
}

void AgentSession::on_due(int what, int64_t due) {
    if (over_) return;
    if (what == kHello)
        say_hello();
    else
        talk(due);
}

void AgentSession::send_burst(int64_t intended) {
    CallRecord& record = rig_.records[call_];
    const int64_t now = monotonic_ns();
    std::string audio;
    for (int64_t ns = 0; ns < rig_.plan.agent_burst_ns; ns += kFrameNs)
        down_.write(audio, {call_, record.down_sent++, intended, now}, rig_.sent_down);
    if (rig_.meters.window.holds(intended)) rig_.meters.lateness.record(now - intended);
    const size_t asked = rig_.plan.agent_message_bytes;
    const size_t step = std::min(asked == 0 ? audio.size() : asked, wire_->most_audio());
    for (size_t at = 0; at < audio.size(); at += step) {
        const size_t size = std::min(step, audio.size() - at);
        const auto message =
            wire_->write_audio(frame_builder().payload(), {reinterpret_cast<const uint8_t*>(audio.data()) + at, size});
        channel_.send_built(message);
    }
    update_interest();
}

void AgentSession::send_text(std::string_view text) {
    if (text.empty()) return;
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
