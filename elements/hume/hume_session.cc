// The handshake and what an `error` means; states and retries are in engine/agent/session.cc.
#include "elements/hume/hume_session.h"

#include <utility>

#include "elements/hume/session_rules.h"
#include "engine/core/clock.h"
#include "engine/core/log.h"

namespace trunkline::hume {

using agent::SessionEnd;

namespace {
/// An `error` is the reason of a close that follows it within this time.
constexpr int64_t kReasonNs = 10'000'000'000;
}  // namespace

Session::Session(Shard* shard, SessionOptions options, Settings settings, SessionListener* listener)
    : agent::Session(shard,
                     {.component = "hume", .connect_timeout = options.connect_timeout, .secret = options.api_key},
                     listener),
      options_(std::move(options)),
      settings_(std::move(settings)),
      listener_(listener) {}

void Session::configure(agent::AudioFormat input) {
    input_ = input;
    const size_t raw = input.bytes_per_second();
    set_rates(raw, options_.binary_audio ? raw : raw * 3 / 2);  // base64, and the JSON around it
    if (state() == State::kHandshake && opened_) send_settings();
}

WebSocketRequest Session::request() {
    opened_ = settings_sent_ = false;
    chat_.reset();
    last_error_.reset();
    WebSocketRequest request;
    request.url = settings_.address(options_.url, options_.api_key, group_);
    return request;
}

SessionEnd Session::refused(const UpgradeRefusal& refusal) { return hume::refused(refusal); }
bool Session::refusal_may_pass(int http_status) { return hume::refusal_may_pass(http_status); }

void Session::on_opened() {
    opened_ = true;
    arm_deadline("chat_metadata");
    if (input_) send_settings();
}

void Session::send_settings() {
    socket()->send_text(settings_.message(input_->rate));
    settings_sent_ = true;
    if (chat_) become_ready();
}

bool Session::on_handshake(std::string_view text) {
    auto message = parse_server_message(text);
    if (!message) return false;
    if (const auto* chat = std::get_if<ChatMetadata>(&*message)) {
        if (chat_) return true;
        chat_ = *chat;
        if (!chat->chat_group_id.empty()) group_ = chat->chat_group_id;
        cancel_deadline();
        if (settings_sent_) become_ready();
    } else if (const auto* error = std::get_if<ServerError>(&*message)) {
        on_server_error(*error);
    } else {
        return false;
    }
    return true;
}

void Session::on_ready(std::vector<std::string>& first) {
    if (!std::exchange(greeted_, true) && !options_.greeting.empty()) {
        first.push_back(write_assistant_input(options_.greeting));
    }
    listener_->on_ready(*chat_);
}

void Session::on_message(std::string_view text) {
    auto message = parse_server_message(text);
    if (!message) {
        count_bad_message(message.error().message);
    } else if (const auto* error = std::get_if<ServerError>(&*message)) {
        on_server_error(*error);
    } else if (const auto* unknown = std::get_if<UnknownMessage>(&*message)) {
        log_debug(component(), "message of an unknown type", {{"type", unknown->type}});
    } else if (!std::holds_alternative<Ignored>(*message)) {
        listener_->on_message(*message);
    }
}

void Session::on_agent_audio(std::span<const uint8_t>) { count_bad_message("a binary frame: EVI sends audio as JSON"); }

void Session::write_audio(WebSocket& socket, std::span<const uint8_t> audio) {
    if (options_.binary_audio) {
        socket.send_binary(audio);
        return;
    }
    write_audio_input(audio, message_);
    socket.send_text(message_);
}

void Session::update_prompt(std::string prompt) {
    settings_.set_prompt(prompt);
    if (ready()) send_text(write_prompt(prompt));
}

void Session::on_server_error(const ServerError& error) {
    last_error_ = error;
    last_error_ns_ = monotonic_ns();
    // Before the chat is ready the only message it can be about is the settings.
    if (kind_of_error(error.code) == ErrorKind::kOfAccount ||
        (!ready() && kind_of_error(error.code) == ErrorKind::kOfOneMessage)) {
        end({.failed = true, .code = error.code, .message = error.message});
        return;
    }
    listener_->on_message(error);
}

void Session::on_lost(CloseCause cause, uint16_t code, std::string why) {
    const bool normal = cause == CloseCause::kPeerClosed && (code == 1000 || code == 1005);
    const bool said_why = last_error_ && monotonic_ns() - last_error_ns_ < kReasonNs;
    const bool may_pass = !said_why || kind_of_error(last_error_->code) == ErrorKind::kOfTheMoment;
    if (!said_why || (!normal && may_pass)) {
        agent::Session::on_lost(cause, code, std::move(why));
        return;
    }
    // The server said why it would close: limits of time, above all.
    end({.failed = !normal,
         .retryable = may_pass,
         .code = last_error_->code,
         .message = last_error_->message + "; " + why});
}

}  // namespace trunkline::hume
