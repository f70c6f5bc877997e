#include "lab/deepgram/session.h"

#include <algorithm>

#include "lab/deepgram/messages.h"

namespace trunkline::lab::deepgram {
namespace {

constexpr size_t kMaxPrompt = 25000;
constexpr size_t kMaxFrameBytes = 1U << 20;

constexpr const char* kGarbage[] = {
    R"({"type":"SomethingNew","depth":{"a":[1,2,{"b":null}]}})",
    R"({"type":"ConversationText","role":)",
    R"([])",
    R"({"type":42})",
    R"({"no_type":true})",
    R"({"type":"Warning","code":"SLOW_THINK_REQUEST","description":"with a field nobody knows","unknown":1})",
    R"("text")",
    R"({"type":"FunctionCallRequest","functions":"none"})",
};

}  // namespace

Session::Session(agent::Opening opening, std::shared_ptr<const DeepgramOptions> options, const std::string& auth_scheme,
                 const std::string& request_id)
    : agent::Session(std::move(opening), options, options->faults, {auth_scheme, request_id}, {.garbage = kGarbage}),
      options_(*options),
      latency_(options_.latency, number()) {
    journal_.event("handshake", "socket open, auth " + auth_scheme + ", request " + request_id);
    watch_silence();
    if (options_.faults.never_welcome) return;
    timers_.after(latency_.welcome(), [this, request_id] {
        if (phase_ == Phase::kOpen) phase_ = Phase::kWelcomed;
        send(welcome(request_id));
    });
}

std::string Session::error(const std::string& code, const std::string& text) const {
    return coded("Error", code, text);
}

void Session::warn(const std::string& code) { send(coded("Warning", code, "sent on command")); }

void Session::farewell() {
    send(coded("Error", "SERVER_GOING_AWAY", "the lab stops"));
    close(1001);
}

void Session::on_text(const std::string& text) {
    if (over()) return;
    std::string type;
    const Checked checked = check_shape(text, type);
    const double now = journal_.now_ms();
    log_.text(now, text);
    if (type != "KeepAlive" || !options_.keep_alive_needs_audio) last_frame_ms_ = now;
    received(type, text);
    if (check(checked, 33) && admit(type)) dispatch(type, text);
}

/// The order of messages.
bool Session::admit(const std::string& type) {
    if (type == "Settings") {
        if (phase_ == Phase::kOpen) {
            journal_.violation("settings-before-welcome", 22, "Settings came before Welcome was sent");
        }
        if (phase_ == Phase::kSettings || phase_ == Phase::kApplied) {
            breach("SETTINGS_ALREADY_APPLIED", 32, "a second Settings message");
            return false;
        }
        return true;
    }
    if (phase_ == Phase::kOpen || phase_ == Phase::kWelcomed) {
        breach("NON_SETTINGS_MESSAGE_BEFORE_SETTINGS", 32,
               (type.empty() ? "a message" : type) + " came before Settings");
        return false;
    }
    if (phase_ == Phase::kSettings && type != "KeepAlive") {
        journal_.violation("message-before-applied", 22, type + " came before SettingsApplied was sent");
        return false;
    }
    return true;
}

void Session::dispatch(const std::string& type, const std::string& text) {
    if (type == "Settings") return settings(text);
    if (type == "KeepAlive" || !conversation_) return;
    const ClientText message = read_client_text(text);
    if (type == "InjectAgentMessage") {
        conversation_->inject_agent(message.text, message.behavior);
    } else if (type == "InjectUserMessage") {
        conversation_->inject_user(message.text);
    } else if (type == "FunctionCallResponse") {
        conversation_->functions().response(message);
    } else if (type == "ForceEndTurn") {
        if (settings_.listen_version == "v2") return;
        send(coded("Warning", "FORCE_END_TURN_UNSUPPORTED", "ForceEndTurn needs a Flux listen provider"));
    } else {
        update(type, text);
    }
}

void Session::check_prompt() {
    if (settings_.prompt.size() > kMaxPrompt) send(coded("Warning", "PROMPT_TOO_LONG", "over 25,000 characters"));
}

void Session::update(const std::string& type, const std::string& text) {
    const ClientText message = read_client_text(text);
    if (type == "UpdatePrompt") {
        settings_.prompt += "\n" + message.text;
        check_prompt();
        send(bare_message("PromptUpdated"));
    } else if (type == "UpdateThink") {
        conversation_->functions().define(read_think_functions(text));
        send(bare_message("ThinkUpdated"));
    } else if (type == "UpdateSpeak") {
        send(bare_message("SpeakUpdated"));
    } else if (type == "UpdateListen") {
        settings_.listen_version = message.listen_version.empty() ? "v1" : message.listen_version;
        send(bare_message("ListenUpdated"));
    }
}

void Session::settings(const std::string& text) {
    Checked checked;
    settings_ = read_settings(text, checked);
    if (!check(checked, 32)) return;
    for (const std::string& advice : settings_.advice) journal_.violation("advice", 23, advice);
    phase_ = Phase::kSettings;
    const double now = journal_.now_ms();
    journal_.update([&](agent::SessionRecord& r) { r.settings_ms = now; });
    journal_.event("settings", "in " + settings_.input.encoding + "/" + std::to_string(settings_.input.sample_rate) +
                                   ", out " + settings_.output.encoding + "/" +
                                   std::to_string(settings_.output.sample_rate) + "/" + settings_.output.container +
                                   ", functions " + std::to_string(settings_.functions.size()) + ", restored turns " +
                                   std::to_string(settings_.context.size()));
    decoder_ = std::make_unique<InputDecoder>(settings_.input);
    conversation_ = std::make_unique<Conversation>(*this, options_, settings_);
    check_prompt();
    if (options_.faults.audio_before_applied) conversation_->greet(0);
    if (options_.faults.never_applied) return;
    timers_.after(latency_.applied(), [this] { applied(); });
}

void Session::applied() {
    phase_ = Phase::kApplied;
    const double now = journal_.now_ms();
    journal_.update([&](agent::SessionRecord& r) { r.applied_ms = now; });
    send(bare_message("SettingsApplied"));
    arm_limits();
    arm_faults();
    if (options_.faults.warning_at_ms >= 0) {
        timers_.after(options_.faults.warning_at_ms,
                      [this] { send(coded("Warning", options_.faults.warning_code, "a fault mode")); });
    }
    if (!options_.faults.audio_before_applied) conversation_->greet(latency_.greeting());
}

void Session::on_binary(std::span<const uint8_t> bytes) {
    if (over()) return;
    last_frame_ms_ = journal_.now_ms();
    log_.binary(last_frame_ms_, bytes.size());
    count_audio(bytes.size());
    if (phase_ == Phase::kOpen || phase_ == Phase::kWelcomed) {
        return breach("NON_SETTINGS_MESSAGE_BEFORE_SETTINGS", 32, "audio came before Settings");
    }
    if (bytes.empty()) return journal_.violation("empty-frame", 23, "a binary frame without bytes");
    if (agent::looks_like_message(bytes)) {
        journal_.violation("message-as-binary", 23, "a control message in a binary frame: it is heard as noise");
    }
    if (bytes.size() > kMaxFrameBytes) {
        journal_.violation("oversized-frame", 23, std::to_string(bytes.size()) + " bytes of audio in one frame");
    }
    if (phase_ == Phase::kSettings) {
        return journal_.violation("audio-before-applied", 22, "audio came before SettingsApplied was sent");
    }
    const Samples samples = decoder_->decode(bytes);
    keep_audio(bytes, samples);
    conversation_->hear(samples);
}

void Session::watch_silence() {
    const double every = std::clamp(options_.client_timeout_ms / 20.0, 5.0, 250.0);
    timers_.every(every, [this] {
        if (journal_.now_ms() - last_frame_ms_ < options_.client_timeout_ms) return;
        const std::string what =
            "no message from the client within " + std::to_string(options_.client_timeout_ms) + " ms";
        journal_.violation("CLIENT_MESSAGE_TIMEOUT", 34, what);
        fatal("CLIENT_MESSAGE_TIMEOUT", what);
    });
}

void Session::arm_limits() {
    const double limit_ms = clock_ms(options_.session_limit_s);
    timers_.after(limit_ms * 115 / 120, [this] {
        send(coded("Warning", "MAXIMUM_SESSION_LENGTH_APPROACHING", "the session will end soon"));
    });
    timers_.after(limit_ms, [this] { fatal("MAXIMUM_SESSION_LENGTH_REACHED", "the session has reached its limit"); });
}

}  // namespace trunkline::lab::deepgram
