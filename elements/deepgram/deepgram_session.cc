// The states of a session and what moves it from one to the next. Reconnecting is decided in three places only:
// on_dialed(), on_close() and on_server_error().
#include "elements/deepgram/deepgram_session.h"

#include <algorithm>

#include "elements/deepgram/session_rules.h"
#include "engine/core/clock.h"
#include "engine/core/id.h"
#include "engine/core/log.h"

namespace trunkline::deepgram {
namespace {

constexpr std::string_view kComponent = "deepgram";
constexpr size_t kMaxTextWait = 32;
constexpr std::chrono::milliseconds kMaxBackOff{2'000};
/// A connection that has held this long has earned fresh tries.
constexpr int64_t kSteadyNs = 30'000'000'000;
constexpr int64_t kNsPerMs = 1'000'000;

}  // namespace

Session::Session(Shard* shard, SessionOptions options, SessionListener* listener)
    : shard_(shard), options_(std::move(options)), listener_(listener) {}

Session::~Session() { close(); }

void Session::start() {
    assert_on_shard(shard_);
    if (state_ == State::kIdle) dial();
}

void Session::start_talk() {
    if (std::exchange(talking_, true) || state_ != State::kWelcome) return;
    listen();
}

void Session::configure(Settings settings, AudioFormat input, AudioFormat output) {
    settings_ = std::move(settings);
    input_ = input;
    output_ = output;
    if (state_ == State::kWelcome && welcomed_) send_settings();
}

void Session::dial() {
    state_ = State::kDialing;
    welcomed_ = holding_ = false;
    WebSocketRequest request;
    request.url = options_.url;
    if (!options_.api_key.empty()) request.headers.emplace_back("Authorization", authorization(options_.api_key));
    request.timeout_ms = static_cast<int>(options_.connect_timeout.count());
    request.options.high_watermark = 32U << 10;
    request.options.low_watermark = 8U << 10;
    dial_ = dial_websocket(shard_, std::move(request), [this](auto socket, const UpgradeRefusal& refusal) {
        on_dialed(std::move(socket), refusal);
    });
}

void Session::on_dialed(Result<std::unique_ptr<WebSocket>> socket, const UpgradeRefusal& refusal) {
    // The dial is on the stack: it must outlive its own callback.
    shard_->defer([done = std::shared_ptr<WebSocketDial>(std::move(dial_))] {});
    if (socket) {
        state_ = State::kWelcome;
        socket_ = std::move(*socket);
        if (talking_) listen();
        return;
    }
    const Error& error = socket.error();
    if (refusal.http_status >= 400 && refusal.http_status < 500) {
        end(refused(refusal));
    } else if (error.code == "bad-url") {
        end({.failed = true, .code = error.code, .message = error.message});
    } else {
        retry("dial-failed", error.message);
    }
}

void Session::listen() {
    socket_->set_listener(this);
    arm_deadline("Welcome");
}

void Session::send_settings() {
    state_ = State::kApplying;
    const auto past = past_.entries();
    socket_->send_text(settings_->message(input_, output_, past));
    arm_deadline("SettingsApplied");
}

void Session::on_text(std::string_view text) {
    if (state_ == State::kReady) {
        holding_ ? hold_early(false, text) : deliver(text);
        return;
    }
    auto message = parse_server_message(text);
    if (message && std::holds_alternative<Welcome>(*message)) {
        if (std::exchange(welcomed_, true)) return;
        request_id_ = std::get<Welcome>(*message).request_id;
        // Without formats yet nothing can be declared, and nobody is late but the caller's audio.
        shard_->cancel(std::exchange(deadline_, 0));
        if (settings_) send_settings();
    } else if (message && std::holds_alternative<SettingsApplied>(*message)) {
        if (state_ == State::kApplying) on_applied();
    } else if (message && std::holds_alternative<ServerError>(*message)) {
        on_server_error(std::get<ServerError>(*message));
    } else {
        hold_early(false, text);
    }
}

void Session::deliver(std::string_view text) {
    auto message = parse_server_message(text);
    if (!message) {
        if (++counters_.bad_messages <= 3)
            log_warn(kComponent, "skipped a message", {{"why", message.error().message}});
        return;
    }
    if (const auto* error = std::get_if<ServerError>(&*message)) {
        on_server_error(*error);
        return;
    }
    if (const auto* unknown = std::get_if<UnknownMessage>(&*message)) {
        log_debug(kComponent, "message of an unknown type", {{"type", unknown->type}});
        return;
    }
    if (const auto* said = std::get_if<ConversationText>(&*message)) past_.add(*said);
    listener_->on_message(*message);
}

void Session::on_binary(std::span<const uint8_t> audio) {
    if (audio.empty()) return;
    if (state_ == State::kReady && !holding_) {
        listener_->on_audio(audio);
    } else {
        hold_early(true, {reinterpret_cast<const char*>(audio.data()), audio.size()});
    }
}

void Session::on_applied() {
    state_ = State::kReady;
    shard_->cancel(std::exchange(deadline_, 0));
    ready_ns_ = last_audio_ns_ = monotonic_ns();
    arm_keep_alive();
    listener_->on_ready(request_id_);
    if (state_ == State::kReady) send_waiting();
    if (state_ == State::kReady) deliver_early();
}

void Session::send_waiting() {
    if (!prompt_.empty()) send_text(write_update_prompt(prompt_));
    for (std::string& text : std::exchange(text_wait_, {})) send_text(std::move(text));
    // All at once: the agent takes audio faster than real time, and so the caller's first words cost no lasting delay.
    caller_wait_bytes_ = 0;
    for (const auto& audio : std::exchange(caller_wait_, {})) socket_->send_binary(audio);
    last_audio_ns_ = monotonic_ns();
    burst_bytes_ = socket_->pending_bytes();
}

void Session::deliver_early() {
    while (state_ == State::kReady && !holding_ && !agent_wait_.empty()) {
        const EarlyFrame frame = std::move(agent_wait_.front());
        agent_wait_.pop_front();
        agent_wait_bytes_ -= frame.bytes.size();
        if (frame.binary) {
            listener_->on_audio({reinterpret_cast<const uint8_t*>(frame.bytes.data()), frame.bytes.size()});
        } else {
            deliver(frame.bytes);
        }
    }
}

void Session::resume() {
    if (std::exchange(holding_, false)) deliver_early();
}

void Session::hold_early(bool binary, std::string_view bytes) {
    if (agent_wait_bytes_ + bytes.size() > kMaxAgentWait) {
        if (counters_.dropped_agent_bytes == 0) log_warn(kComponent, "too much came before it could be used: dropped");
        counters_.dropped_agent_bytes += bytes.size();
        return;
    }
    agent_wait_bytes_ += bytes.size();
    agent_wait_.push_back({binary, std::string(bytes)});
}

void Session::hold_caller_audio(std::span<const uint8_t> audio) {
    const size_t room = static_cast<size_t>(kMaxCallerWait.count()) * input_.bytes_per_second();
    caller_wait_.emplace_back(audio.begin(), audio.end());
    caller_wait_bytes_ += audio.size();
    while (caller_wait_bytes_ > room) {
        if (counters_.dropped_caller_bytes == 0)
            log_warn(kComponent, "the agent is not ready: the oldest audio is dropped");
        counters_.dropped_caller_bytes += caller_wait_.front().size();
        caller_wait_bytes_ -= caller_wait_.front().size();
        caller_wait_.pop_front();
    }
}

void Session::send_audio(std::span<const uint8_t> audio) {
    if (audio.empty() || state_ == State::kOver) return;  // an empty binary message ends the stream
    if (state_ != State::kReady) {
        hold_caller_audio(audio);
        return;
    }
    socket_->send_binary(audio);
    last_audio_ns_ = monotonic_ns();
    if (!socket_) return;
    const size_t pending = socket_->pending_bytes();
    burst_bytes_ = std::min(burst_bytes_, pending);
    if (pending > static_cast<size_t>(kMaxUnsent.count()) * input_.bytes_per_second() + burst_bytes_) {
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

void Session::update_prompt(std::string prompt) {
    prompt_ = std::move(prompt);
    if (state_ == State::kReady) socket_->send_text(write_update_prompt(prompt_));
}

void Session::on_high_watermark() {
    log_warn(kComponent, "the voice agent reads slowly", {{"pending_bytes", socket_ ? socket_->pending_bytes() : 0}});
}

void Session::on_server_error(const ServerError& error) {
    if (error.code == "SERVER_GOING_AWAY") {
        retry(error.code, error.description);
        return;
    }
    end({.failed = true, .retryable = error_may_pass(error.code), .code = error.code, .message = error.description});
}

void Session::on_close(CloseCause cause, uint16_t code, std::string_view reason) {
    // What came before the close counts, an Error above all.
    while (state_ == State::kReady && holding_) resume();
    if (state_ == State::kOver || state_ == State::kBackOff) return;
    const bool talked = state_ == State::kReady;
    socket_.reset();
    const std::string why = std::string("the voice agent's connection ended: ") + to_string(cause) + ", code " +
                            std::to_string(code) + (reason.empty() ? "" : ", " + std::string(reason));
    const bool by_frame = cause == CloseCause::kPeerClosed;
    if (cause == CloseCause::kProtocolError) {
        end({.failed = true, .retryable = true, .code = "protocol-error", .message = why});
    } else if (!talked) {
        retry("closed-early", why);
    } else if (by_frame && (code == 1000 || code == 1005)) {
        end({.failed = false, .code = "backend-closed", .message = why});
    } else if (by_frame && !code_may_pass(code)) {
        end({.failed = true, .code = "connection-lost", .message = why});
    } else {
        retry("connection-lost", why);
    }
}

void Session::retry(std::string code, std::string why) {
    drop_connection("trying again");
    const int64_t now = monotonic_ns();
    if (ready_ns_ != 0 && now - ready_ns_ > kSteadyNs) tries_ = 0;
    const bool talked = ready_ns_ != 0;
    ready_ns_ = 0;
    if (talked && settings_ && settings_->stored_agent()) {
        end({.failed = true,
             .retryable = true,
             .code = std::move(code),
             .message = why + "; a stored agent cannot be given the talk so far, so there is no second try"});
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
    listener_->on_end(end);
}

void Session::drop_connection(std::string_view why) {
    cancel_timers();
    dial_.reset();
    agent_wait_.clear();
    agent_wait_bytes_ = 0;
    if (socket_) farewell_ = Farewell::begin(std::move(socket_), 1000, why);
    if (state_ == State::kOver) {
        caller_wait_.clear();
        text_wait_.clear();
    }
}

void Session::cancel_timers() {
    for (TimerId* timer : {&deadline_, &keep_alive_, &back_off_}) shard_->cancel(std::exchange(*timer, 0));
}

void Session::arm_deadline(const char* what) {
    shard_->cancel(deadline_);
    deadline_ = shard_->after(options_.connect_timeout, [this, what] {
        deadline_ = 0;
        retry("timeout", std::string("the voice agent did not send ") + what + " in " +
                             std::to_string(options_.connect_timeout.count()) + " ms");
    });
}

void Session::arm_keep_alive() {
    const auto idle = std::chrono::milliseconds((monotonic_ns() - last_audio_ns_) / kNsPerMs);
    const auto rest = std::max(options_.keep_alive - idle, std::chrono::milliseconds(1));
    keep_alive_ = shard_->after(rest, [this] {
        keep_alive_ = 0;
        const int64_t now = monotonic_ns();
        if ((now - last_audio_ns_) / kNsPerMs >= options_.keep_alive.count()) {
            socket_->send_text(write_keep_alive());
            last_audio_ns_ = now;
        }
        arm_keep_alive();
    });
}

}  // namespace trunkline::deepgram
