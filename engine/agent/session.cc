// The states of a session and what moves it from one to the next. Reconnecting is decided in on_dialed() and on_lost()
// only, and where a backend says so.
#include "engine/agent/session.h"

#include <algorithm>

#include "engine/core/clock.h"
#include "engine/core/id.h"
#include "engine/core/log.h"

namespace trunkline::agent {
namespace {

constexpr size_t kMaxTextWait = 32;
constexpr std::chrono::milliseconds kMaxBackOff{2'000};
/// A connection that has held this long has earned fresh tries.
constexpr int64_t kSteadyNs = 30'000'000'000;
constexpr std::string_view kHidden = "[hidden]";
/// Shorter ones are no keys, and hiding them would only garble sentences.
constexpr size_t kShortestSecret = 8;

}  // namespace

bool code_may_pass(uint16_t code) { return code == 1001 || code == 1006 || (code >= 1011 && code <= 1014); }

SessionEnd end_of_refusal(const UpgradeRefusal& refusal, const char* key, const char* address) {
    const std::string status =
        "HTTP " + std::to_string(refusal.http_status) + (refusal.detail.empty() ? "" : ": " + refusal.detail);
    SessionEnd end{
        .failed = true, .code = "refused", .message = "the voice agent refused the connection (" + status + ")"};
    if (refusal.http_status == 401 || refusal.http_status == 403) {
        end.code = "unauthorized";
        end.message += std::string(": check ") + key;
    } else if (refusal.http_status == 404) {
        end.message += std::string(": check ") + address;
    }
    return end;
}

Session::Session(Shard* shard, ConnectOptions options, SessionListener* listener)
    : shard_(shard), options_(std::move(options)), listener_(listener) {}

Session::~Session() {
    for (const TimerId timer : {deadline_, back_off_}) shard_->cancel(timer);
}

void Session::start() {
    assert_on_shard(shard_);
    if (state_ == State::kIdle) dial();
}

void Session::start_talk() {
    if (std::exchange(talking_, true) || state_ != State::kHandshake) return;
    listen();
}

void Session::set_rates(size_t kept, size_t wire) {
    kept_rate_ = kept;
    wire_rate_ = wire;
}

void Session::dial() {
    state_ = State::kDialing;
    holding_ = false;
    WebSocketRequest asked = request();
    asked.timeout_ms = static_cast<int>(options_.connect_timeout.count());
    asked.options.high_watermark = 32U << 10;
    asked.options.low_watermark = 8U << 10;
    dial_ = dial_websocket(shard_, std::move(asked), [this](auto socket, const UpgradeRefusal& refusal) {
        on_dialed(std::move(socket), refusal);
    });
}

void Session::on_dialed(Result<std::unique_ptr<WebSocket>> socket, const UpgradeRefusal& refusal) {
    // The dial is on the stack: it must outlive its own callback.
    shard_->defer([done = std::shared_ptr<WebSocketDial>(std::move(dial_))] {});
    if (socket) {
        state_ = State::kHandshake;
        socket_ = std::move(*socket);
        if (talking_) listen();
        return;
    }
    const Error& error = socket.error();
    if (!refusal_may_pass(refusal.http_status)) {
        end(refused({refusal.http_status, shown(refusal.detail)}));
    } else if (error.code == "bad-url") {
        end({.failed = true, .code = error.code, .message = error.message});
    } else {
        retry("dial-failed", error.message);
    }
}

void Session::listen() {
    socket_->set_listener(this);
    on_opened();
}

void Session::on_text(std::string_view text) {
    if (state_ == State::kReady) {
        holding_ ? hold_early(false, text) : on_message(text);
    } else if (!on_handshake(text)) {
        hold_early(false, text);
    }
}

void Session::on_binary(std::span<const uint8_t> audio) {
    if (audio.empty()) return;
    if (state_ == State::kReady && !holding_) {
        on_agent_audio(audio);
    } else {
        hold_early(true, {reinterpret_cast<const char*>(audio.data()), audio.size()});
    }
}

void Session::become_ready() {
    state_ = State::kReady;
    cancel_deadline();
    ready_ns_ = last_audio_ns_ = monotonic_ns();
    std::vector<std::string> first;
    on_ready(first);
    if (state_ == State::kReady) send_waiting(std::move(first));
    if (state_ == State::kReady) deliver_early();
}

void Session::send_waiting(std::vector<std::string> first) {
    for (const std::string& text : first) socket_->send_text(text);
    for (std::string& text : std::exchange(text_wait_, {})) send_text(std::move(text));
    // All at once: the agent takes audio faster than real time, and so the caller's first words cost no lasting delay.
    caller_wait_bytes_ = 0;
    for (const auto& audio : std::exchange(caller_wait_, {})) write_audio(*socket_, audio);
    last_audio_ns_ = monotonic_ns();
    burst_bytes_ = socket_->pending_bytes();
}

void Session::deliver_early() {
    while (state_ == State::kReady && !holding_ && !agent_wait_.empty()) {
        const EarlyFrame frame = std::move(agent_wait_.front());
        agent_wait_.pop_front();
        agent_wait_bytes_ -= frame.bytes.size();
        if (frame.binary) {
            on_agent_audio({reinterpret_cast<const uint8_t*>(frame.bytes.data()), frame.bytes.size()});
        } else {
            on_message(frame.bytes);
        }
    }
}

void Session::resume() {
    if (std::exchange(holding_, false)) deliver_early();
}

void Session::hold_early(bool binary, std::string_view bytes) {
    if (agent_wait_bytes_ + bytes.size() > kMaxAgentWait || agent_wait_.size() >= kMaxAgentFrames) {
        if (counters_.dropped_agent_bytes == 0) log_warn(component(), "too much came before it could be used: dropped");
        counters_.dropped_agent_bytes += std::max<size_t>(bytes.size(), 1);
        return;
    }
    agent_wait_bytes_ += bytes.size();
    agent_wait_.push_back({binary, std::string(bytes)});
}

void Session::hold_caller_audio(std::span<const uint8_t> audio) {
    const size_t room = static_cast<size_t>(kMaxCallerWait.count()) * kept_rate_;
    caller_wait_.emplace_back(audio.begin(), audio.end());
    caller_wait_bytes_ += audio.size();
    while (caller_wait_bytes_ > room) {
        if (counters_.dropped_caller_bytes == 0)
            log_warn(component(), "the agent is not ready: the oldest audio is dropped");
        counters_.dropped_caller_bytes += caller_wait_.front().size();
        caller_wait_bytes_ -= caller_wait_.front().size();
        caller_wait_.pop_front();
    }
}

void Session::send_audio(std::span<const uint8_t> audio) {
    if (audio.empty() || state_ == State::kOver) return;  // an empty binary message ends some agents' streams
    if (state_ != State::kReady) {
        hold_caller_audio(audio);
        return;
    }
    write_audio(*socket_, audio);
    last_audio_ns_ = monotonic_ns();
    if (!socket_) return;
    const size_t pending = socket_->pending_bytes();
    burst_bytes_ = std::min(burst_bytes_, pending);
    if (pending > static_cast<size_t>(kMaxUnsent.count()) * wire_rate_ + burst_bytes_) {
        end({.failed = true,
             .retryable = true,
             .code = "slow-backend",
             .message = "the voice agent does not read: more than 5 s of caller audio wait to be sent"});
    }
}

bool Session::send_text(std::string text) {
    if (state_ == State::kReady) return socket_->send_text(text);
    if (state_ == State::kOver || text_wait_.size() >= kMaxTextWait) return false;
    text_wait_.push_back(std::move(text));
    return true;
}

void Session::on_high_watermark() {
    log_warn(component(), "the voice agent reads slowly", {{"pending_bytes", socket_ ? socket_->pending_bytes() : 0}});
}

void Session::count_bad_message(const std::string& why) {
    if (++counters_.bad_messages <= 3) log_warn(component(), "skipped a message", {{"why", why}});
}

void Session::on_close(CloseCause cause, uint16_t code, std::string_view reason) {
    // What came before the close counts, an error above all.
    while (state_ == State::kReady && holding_) resume();
    if (state_ == State::kOver || state_ == State::kBackOff) return;
    std::string why = std::string("the voice agent's connection ended: ") + to_string(cause) + ", code " +
                      std::to_string(code) + (reason.empty() ? "" : ", " + std::string(reason));
    socket_.reset();
    on_lost(cause, code, std::move(why));
}

void Session::on_lost(CloseCause cause, uint16_t code, std::string why) {
    const bool by_frame = cause == CloseCause::kPeerClosed;
    if (cause == CloseCause::kProtocolError) {
        end({.failed = true, .retryable = true, .code = "protocol-error", .message = std::move(why)});
    } else if (state_ != State::kReady) {
        retry("closed-early", std::move(why));
    } else if (by_frame && (code == 1000 || code == 1005)) {
        end({.failed = false, .code = "backend-closed", .message = std::move(why)});
    } else if (by_frame && !code_may_pass(code)) {
        end({.failed = true, .code = "connection-lost", .message = std::move(why)});
    } else {
        retry("connection-lost", std::move(why));
    }
}

std::string Session::shown(std::string text) const {
    const std::string& secret = options_.secret;
    if (secret.size() < kShortestSecret) return text;
    for (size_t at = 0; (at = text.find(secret, at)) != std::string::npos; at += kHidden.size())
        text.replace(at, secret.size(), kHidden);
    // The peer's words are cut at some length, and the key with them.
    for (size_t length = std::min(secret.size(), text.size()); length >= kShortestSecret; --length) {
        if (!text.ends_with(secret.substr(0, length))) continue;
        text.replace(text.size() - length, length, kHidden);
        break;
    }
    return text;
}

void Session::retry(std::string code, std::string why) {
    why = shown(std::move(why));
    drop_connection("trying again");
    const int64_t now = monotonic_ns();
    if (ready_ns_ != 0 && now - ready_ns_ > kSteadyNs) tries_ = 0;
    const bool talked = std::exchange(ready_ns_, 0) != 0;
    if (const std::string no = talked ? no_second_try() : std::string(); !no.empty()) {
        end({.failed = true, .retryable = true, .code = std::move(code), .message = why + "; " + no});
        return;
    }
    if (tries_ >= kMaxTries) {
        end({.failed = true, .retryable = true, .code = std::move(code), .message = std::move(why), .attempt = tries_});
        return;
    }
    ++tries_;
    state_ = State::kBackOff;
    auto wait = std::min(options_.first_back_off * (1 << (tries_ - 1)), kMaxBackOff);
    uint8_t random = 0;
    random_bytes({&random, 1});
    wait += wait * random / 1024;  // so that many calls which lost the same server do not come back as one
    back_off_ = shard_->after(wait, [this] {
        back_off_ = 0;
        dial();
    });
    listener_->on_reconnect(tries_, why);
}

void Session::close() {
    if (state_ == State::kOver) return;
    state_ = State::kOver;
    drop_connection("done");
}

void Session::end(SessionEnd end) {
    if (state_ == State::kOver) return;
    state_ = State::kOver;
    drop_connection("done");
    end.message = shown(std::move(end.message));
    listener_->on_end(end);
}

void Session::drop_connection(std::string_view why) {
    for (TimerId* timer : {&deadline_, &back_off_}) shard_->cancel(std::exchange(*timer, 0));
    on_dropped();
    dial_.reset();
    agent_wait_.clear();
    agent_wait_bytes_ = 0;
    if (socket_) farewell_ = Farewell::begin(std::move(socket_), 1000, why);
    if (state_ == State::kOver) {
        caller_wait_.clear();
        text_wait_.clear();
    }
}

void Session::arm_deadline(const char* what) {
    shard_->cancel(deadline_);
    deadline_ = shard_->after(options_.connect_timeout, [this, what] {
        deadline_ = 0;
        retry("timeout", std::string("the voice agent did not send ") + what + " in " +
                             std::to_string(options_.connect_timeout.count()) + " ms");
    });
}

void Session::cancel_deadline() { shard_->cancel(std::exchange(deadline_, 0)); }

}  // namespace trunkline::agent
