// See caller.h.
#include "benchmarks/load/caller.h"

#include <algorithm>
#include <cstring>

#include "benchmarks/load/http_text.h"
#include "benchmarks/load/media_text.h"
#include "engine/core/clock.h"

namespace trunkline::load {
namespace {

constexpr int64_t kPatience = 3'000'000'000;
constexpr int64_t kPoll = 100'000'000;
constexpr const char* kEngineName = "localhost";  // in the certificate

std::string with_tls_error(const std::string& what, const TcpSocket& socket) {
    const std::string why = socket.tls_error();
    return why.empty() ? what : what + ": TLS failed: " + why;
}

}  // namespace

Caller::Caller(Rig& rig, uint32_t number)
    : rig_(rig),
      number_(number),
      record_(rig.records[number]),
      up_(rig.plan.cell.up()),
      down_(rig.plan.cell.down()),
      wire_(carrier_wire(rig.plan.cell, rig.run_id, number)),
      reader_(down_.reader(rig.sent_down)) {}

Caller::~Caller() { cut(); }

void Caller::start_at(int64_t when_ns) { rig_.reactor.at(when_ns, this, kStart); }

void Caller::cut() {
    TcpSocket& socket = channel_.socket();
    for (TcpSocket* open : {&http_, &socket}) {
        if (open->is_open()) rig_.reactor.unwatch(open->fd());
        open->close();
    }
    state_ = State::kOver;
}

void Caller::fail(const std::string& reason) {
    if (state_ == State::kOver) return;
    rig_.meters.fail(rig_.is_new(number_) ? "a new call: " + reason : reason);
    cut();
}

void Caller::give_up() {
    if (state_ == State::kPosting) return fail("the webhook was not answered in time");
    if (state_ == State::kDialing || state_ == State::kUpgrading)
        return fail("the media socket was not answered in time");
    if (state_ == State::kStreaming) return fail("the call is up, but nothing reached the agent");
    fail("the call was never begun");
}

bool Caller::dial(TcpSocket& socket) {
    if (!socket.start_connect(rig_.engine)) return false;
    if (rig_.plan.carrier_tls != nullptr) socket.begin_tls(*rig_.plan.carrier_tls, kEngineName);
    return true;
}

Site Caller::site() const {
    const std::string host = rig_.plan.host + ":" + std::to_string(rig_.engine_port);
    const std::string scheme = rig_.plan.carrier_tls != nullptr ? "https://" : "http://";
    return {.host = host,
            .base = rig_.plan.public_url.empty() ? scheme + host : rig_.plan.public_url,
            .path = rig_.plan.voice_path,
            .secret = rig_.plan.auth_token};
}

void Caller::begin_webhook(int64_t due) {
    request_ = wire_->webhook(site());
    state_ = State::kPosting;
    due_ns_ = due;
    if (rig_.is_new(number_) && record_.start != nullptr) rig_.meters.lateness.record(monotonic_ns() - due);
    if (!dial(http_)) return fail("the engine refuses connections");
    rig_.reactor.watch(http_.fd(), this, wants_write_ = true);
}

void Caller::begin_socket(const std::string& document) {
    if (const auto ok = wire_->read_document(document); !ok) return fail(ok.error().message);
    rig_.reactor.unwatch(http_.fd());
    http_.close();
    state_ = State::kDialing;
    record_.dialed_ns = monotonic_ns();
    TcpSocket socket;
    if (!dial(socket)) return fail("the engine refuses connections");
    channel_ = WsChannel(std::move(socket), WsChannel::Role::kClient);
    rig_.reactor.watch(channel_.socket().fd(), this, wants_write_ = true);
}

void Caller::on_connected() {
    const bool posting = state_ == State::kPosting;
    TcpSocket& socket = posting ? http_ : channel_.socket();
    if (const int error = socket.connect_error(); error != 0)
        return fail(std::string("the engine refuses connections: ") + std::strerror(error));
    if (posting) {
        socket.send(request_);
        request_.clear();
    } else {
        socket.send(wire_->upgrade(site()));
        state_ = State::kUpgrading;
    }
    rig_.reactor.rewatch(socket.fd(), this, wants_write_ = false);
}

void Caller::on_webhook_bytes() {
    const auto bytes = http_.receive();
    const std::string_view answer = as_text(bytes);
    const auto body = whole_body(answer, http_.ended());
    if (body && status_of(answer) == 200) {
        if (record_.start != nullptr) record_.start->webhook.record(monotonic_ns() - due_ns_);
        return begin_socket(std::string(*body));
    }
    if (body) return fail("the webhook answered " + std::string(answer.substr(0, answer.find('\r'))));
    if (http_.ended())
        return fail(with_tls_error("the engine closed the webhook's connection without an answer", http_));
    http_.keep(bytes);
}

void Caller::on_upgrade_bytes() {
    TcpSocket& socket = channel_.socket();
    const auto bytes = socket.receive();
    const size_t head = head_size(as_text(bytes));
    if (head == 0) {
        if (socket.ended()) return fail(with_tls_error("the engine closed the media socket without an answer", socket));
        return socket.keep(bytes);
    }
    if (status_of(as_text(bytes)) != 101)
        return fail("the media socket answered " + std::string(as_text(bytes).substr(0, as_text(bytes).find('\r'))));
    socket.keep(bytes.subspan(head));
    begin_stream();
}

void Caller::begin_stream() {
    for (const std::string& text : wire_->openings())
        if (!send_text(text)) return fail("the engine closed the media socket");
    state_ = State::kStreaming;
    streaming_ns_ = monotonic_ns();
    if (!rig_.is_new(number_))
        return rig_.reactor.at(rig_.next_on_grid(streaming_ns_, rig_.phase_ns(number_)), this, kFrame);
    record_.phase_ns = (streaming_ns_ - rig_.epoch_ns) % kFrameNs;
    rig_.reactor.at(streaming_ns_ + rig_.plan.new_call_life_ns, this, kLifeOver);
    send_frame(streaming_ns_);
}

void Caller::send_frame(int64_t intended) {
    const int64_t now = monotonic_ns();
    const uint32_t index = record_.up_sent++;
    frame_.clear();
    up_.write(frame_, {number_, index, intended, now}, rig_.sent_up);
    const auto message = wire_->write_media(frame_builder().payload(), index,
                                            {reinterpret_cast<const uint8_t*>(frame_.data()), frame_.size()});
    if (rig_.meters.window.holds(intended)) rig_.meters.lateness.record(now - intended);
    if (!channel_.send_built(message)) return fail("the engine stopped reading or closed the media socket");
    update_interest();
    rig_.reactor.at(intended + kFrameNs, this, kFrame);
}

bool Caller::send_text(const std::string& text) {
    if (text.empty()) return true;
    const bool sent = channel_.send(WsOpcode::kText, text);
    update_interest();
    return sent;
}

void Caller::update_interest() {
    const bool wanted = channel_.socket().has_queued();
    if (wanted == wants_write_ || !channel_.socket().is_open()) return;
    wants_write_ = wanted;
    rig_.reactor.rewatch(channel_.socket().fd(), this, wanted);
}

void Caller::on_due(int what, int64_t due) {
    if (what == kStart && state_ == State::kWaiting) return begin_webhook(due);
    if (state_ != State::kStreaming) return;
    if (what == kFrame) return send_frame(due);
    if (what == kLifeOver) return end_of_life(due);
    if (what == kGoodbye) return leave_when_heard(due);
    while (!marks_.empty() && marks_.front().due <= due) {
        send_text(wire_->mark_back(marks_.front().name));
        marks_.pop_front();
    }
}

void Caller::on_ready(bool readable, bool writable) {
    if (state_ == State::kOver) return;
    if (writable && (state_ == State::kPosting || state_ == State::kDialing)) return on_connected();
    if (writable) channel_.socket().flush();
    if (writable) update_interest();
    if (!readable) return;
    if (state_ == State::kPosting) return on_webhook_bytes();
    if (state_ == State::kUpgrading) on_upgrade_bytes();
    if (state_ != State::kStreaming && state_ != State::kHangingUp) return;
    const bool alive = channel_.read(*this);
    if (!broken_.empty()) return fail(broken_);
    if (alive) return;
    if (state_ == State::kHangingUp) return cut();
    fail("the engine closed the media socket in the middle of the call (code " + std::to_string(channel_.close_code()) +
         ")");
}

void Caller::on_message(WsOpcode opcode, std::span<uint8_t> payload) {
    using Kind = CarrierWire::Heard::Kind;
    const CarrierWire::Heard heard = wire_->read(opcode, payload);
    if (heard.kind == Kind::kMedia)
        on_media(heard.audio);
    else if (heard.kind == Kind::kMark)
        on_mark(heard.text);
    else if (heard.kind == Kind::kClear)
        on_clear();
    else
        broken_ = heard.text;
}

void Caller::on_media(std::span<const uint8_t> audio) {
    const int64_t now = monotonic_ns();
    record_.line_busy_ns = std::max(record_.line_busy_ns, now) + down_.out.ns_of(audio.size());
    for (const HeardFrame& frame : reader_->read(audio, now)) {
        if (frame.stamp.call != number_) {
            ++rig_.meters.misrouted;
            continue;
        }
        record_.down.note(frame.stamp.frame);
        if (rig_.is_new(number_) || !rig_.meters.window.holds(frame.stamp.intended_ns)) continue;
        rig_.meters.down.record(frame.heard_ns - frame.stamp.intended_ns);
        rig_.meters.down_from_sent.record(frame.heard_ns - frame.stamp.sent_ns);
    }
}

void Caller::on_mark(const std::string& name) {
    ++rig_.meters.marks;
    if (record_.line_busy_ns <= monotonic_ns() && marks_.empty()) {
        send_text(wire_->mark_back(name));
        return;
    }
    marks_.push_back({record_.line_busy_ns, name});
    rig_.reactor.at(record_.line_busy_ns, this, kMark);
}

void Caller::on_clear() {
    ++rig_.meters.clears;
    record_.line_busy_ns = monotonic_ns();
    for (const Mark& mark : marks_) send_text(wire_->mark_back(mark.name));
    marks_.clear();
    send_text(wire_->cleared());
}

/// From here on frames only keep the call alive until those before have arrived.
void Caller::end_of_life(int64_t due) {
    if (record_.first_heard_ns == 0) {
        if (due > streaming_ns_ + rig_.plan.setup_limit_ns) return give_up();
        return rig_.reactor.at(due + kPoll, this, kLifeOver);
    }
    record_.up_judged = record_.up_sent;
    record_.down_judged = record_.down_sent;
    life_over_ns_ = due;
    rig_.reactor.at(due + kPoll, this, kGoodbye);
}

void Caller::leave_when_heard(int64_t due) {
    const bool heard =
        record_.up.missing(0, record_.up_judged) == 0 && record_.down.missing(0, record_.down_judged) == 0;
    if (heard || due > life_over_ns_ + kPatience) return hang_up();
    rig_.reactor.at(due + kPoll, this, kGoodbye);
}

void Caller::hang_up() {
    if (state_ != State::kStreaming) return;
    send_text(wire_->goodbye());
    channel_.send_close(1000);
    state_ = State::kHangingUp;
}

}  // namespace trunkline::load
