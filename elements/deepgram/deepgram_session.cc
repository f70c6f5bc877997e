// The handshake and the keep-alives; states and retries are in engine/agent/session.cc.
#include "elements/deepgram/deepgram_session.h"

#include <algorithm>
#include <utility>

#include "elements/deepgram/session_rules.h"
#include "engine/core/clock.h"
#include "engine/core/log.h"

namespace trunkline::deepgram {
namespace {

constexpr int64_t kNsPerMs = 1'000'000;

}  // namespace

Session::Session(Shard* shard, SessionOptions options, SessionListener* listener)
    : agent::Session(shard,
                     {.component = "deepgram", .connect_timeout = options.connect_timeout, .secret = options.api_key},
                     listener),
      options_(std::move(options)),
      listener_(listener) {}

void Session::configure(Settings settings, AudioFormat input, AudioFormat output) {
    settings_ = std::move(settings);
    input_ = input;
    output_ = output;
    set_rates(input.bytes_per_second(), input.bytes_per_second());
    if (state() == State::kHandshake && welcomed_) send_settings();
}

WebSocketRequest Session::request() {
    welcomed_ = applying_ = false;
    WebSocketRequest request;
    request.url = options_.url;
    if (!options_.api_key.empty()) request.headers.emplace_back("Authorization", authorization(options_.api_key));
    return request;
}

SessionEnd Session::refused(const UpgradeRefusal& refusal) { return deepgram::refused(refusal); }

void Session::on_opened() { arm_deadline("Welcome"); }

void Session::send_settings() {
    applying_ = true;
    const auto past = past_.entries();
    socket()->send_text(settings_->message(input_, output_, past));
    arm_deadline("SettingsApplied");
}

bool Session::on_handshake(std::string_view text) {
    auto message = parse_server_message(text);
    if (!message) return false;
    if (std::holds_alternative<Welcome>(*message)) {
        if (std::exchange(welcomed_, true)) return true;
        request_id_ = std::get<Welcome>(*message).request_id;
        // Without formats yet nothing can be declared, and nobody is late but the caller's audio.
        cancel_deadline();
        if (settings_) send_settings();
    } else if (std::holds_alternative<SettingsApplied>(*message)) {
        if (applying_) become_ready();
    } else if (std::holds_alternative<ServerError>(*message)) {
        on_server_error(std::get<ServerError>(*message));
    } else {
        return false;
    }
    return true;
}

void Session::on_ready(std::vector<std::string>& first) {
    arm_keep_alive();
    if (!prompt_.empty()) first.push_back(write_update_prompt(prompt_));
    listener_->on_ready(request_id_);
}

void Session::on_message(std::string_view text) {
    auto message = parse_server_message(text);
    if (!message) {
        count_bad_message(message.error().message);
        return;
    }
    if (const auto* error = std::get_if<ServerError>(&*message)) {
        on_server_error(*error);
        return;
    }
    if (const auto* unknown = std::get_if<UnknownMessage>(&*message)) {
        log_debug(component(), "message of an unknown type", {{"type", unknown->type}});
        return;
    }
    if (const auto* said = std::get_if<ConversationText>(&*message)) past_.add(*said);
    listener_->on_message(*message);
}

void Session::update_prompt(std::string prompt) {
    prompt_ = std::move(prompt);
    if (ready()) send_text(write_update_prompt(prompt_));
}

void Session::on_server_error(const ServerError& error) {
    if (error.code == "SERVER_GOING_AWAY") {
        retry(error.code, error.description);
        return;
    }
    end({.failed = true, .retryable = error_may_pass(error.code), .code = error.code, .message = error.description});
}

std::string Session::no_second_try() const {
    return settings_ && settings_->stored_agent()
               ? "a stored agent cannot be given the talk so far, so there is no second try"
               : std::string();
}

void Session::arm_keep_alive() {
    const auto idle = std::chrono::milliseconds((monotonic_ns() - last_audio_ns()) / kNsPerMs);
    const auto rest = std::max(options_.keep_alive - idle, std::chrono::milliseconds(1));
    keep_alive_ = shard()->after(rest, [this] {
        keep_alive_ = 0;
        const int64_t now = monotonic_ns();
        if ((now - last_audio_ns()) / kNsPerMs >= options_.keep_alive.count()) {
            socket()->send_text(write_keep_alive());
            touch_audio(now);
        }
        arm_keep_alive();
    });
}

}  // namespace trunkline::deepgram
