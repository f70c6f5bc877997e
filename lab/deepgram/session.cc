#include "lab/deepgram/session.h"

#include "lab/deepgram/messages.h"

namespace trunkline::lab::deepgram {
namespace {

constexpr size_t kMaxMessageBytes = 4U << 20;
constexpr size_t kMaxReceived = 10000;
constexpr size_t kMaxPrompt = 25000;
constexpr double kMaxFrameBytes = 1 << 20;

std::string brief(const std::string& text) { return text.size() <= 300 ? text : text.substr(0, 300) + "…"; }

}  // namespace

Session::Session(const agent::World& world, SoupWebsocketConnection* socket, DeepgramOptions options,
                 const std::string& auth_scheme, const std::string& request_id, std::function<void()> over)
    : world_(world),
      options_(std::move(options)),
      over_(std::move(over)),
      journal_(*world.ledger, world.ledger->open(auth_scheme, request_id)),
      timers_(world.context),
      socket_(socket, timers_, kMaxMessageBytes,
              {[this](const std::string& text) { on_text(text); },
               [this](std::span<const uint8_t> bytes) { on_binary(bytes); }, [this](int code) { on_closed(code); }}),
      latency_(options_.latency, journal_.number()) {
    log_ = agent::MessageLog(options_.messages_dir, "deepgram-received-" + std::to_string(number()) + ".jsonl");
    if (!log_.good()) journal_.event("recording", log_.path() + ": cannot be written");
    journal_.event("handshake", "socket open, auth " + auth_scheme + ", request " + request_id);
    watch_silence();
    if (options_.faults.never_welcome) return;
    timers_.after(latency_.welcome(), [this, request_id] {
        if (phase_ == Phase::kOver) return;
        if (phase_ == Phase::kOpen) phase_ = Phase::kWelcomed;
        send(welcome(request_id));
    });
}

Session::~Session() { conversation_.reset(); }

void Session::breach(const std::string& code, int line, const std::string& what) {
    journal_.violation(code, line, what);
    if (options_.strict) fatal(code, what);
}

void Session::on_text(const std::string& text) {
    if (phase_ == Phase::kOver) return;
    std::string type;
    const Checked checked = check_shape(text, type);
    const double now = journal_.now_ms();
    log_.text(now, text);
    if (type != "KeepAlive" || !options_.keep_alive_needs_audio) last_frame_ms_ = now;
    journal_.update([&](SessionRecord& r) {
        if (r.received.size() < kMaxReceived) r.received.push_back({now, type, text});
    });
    if (!checked.ok()) {
        for (const Error& problem : checked.problems) {
            breach(problem.code, 33, problem.message);
            if (phase_ == Phase::kOver) return;
        }
    }
    if (admit(type, text)) dispatch(type, text);
}

/// The order of messages.
bool Session::admit(const std::string& type, const std::string&) {
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

void Session::update(const std::string& type, const std::string& text) {
    const ClientText message = read_client_text(text);
    if (type == "UpdatePrompt") {
        settings_.prompt += "\n" + message.text;
        if (settings_.prompt.size() > kMaxPrompt) send(coded("Warning", "PROMPT_TOO_LONG", "over 25,000 characters"));
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
    for (const Error& problem : checked.problems) {
        breach(problem.code, 32, problem.message);
        if (phase_ == Phase::kOver) return;
    }
    for (const std::string& advice : settings_.advice) journal_.violation("advice", 23, advice);
    phase_ = Phase::kSettings;
    const double now = journal_.now_ms();
    journal_.update([&](SessionRecord& r) { r.settings_ms = now; });
    journal_.event("settings", "in " + settings_.input.encoding + "/" + std::to_string(settings_.input.sample_rate) +
                                   ", out " + settings_.output.encoding + "/" +
                                   std::to_string(settings_.output.sample_rate) + "/" + settings_.output.container +
                                   ", functions " + std::to_string(settings_.functions.size()) + ", restored turns " +
                                   std::to_string(settings_.context.size()));
    decoder_ = std::make_unique<InputDecoder>(settings_.input);
    conversation_ =
        std::make_unique<Conversation>(*this, timers_, journal_, options_, settings_, world_.library, world_.known);
    if (settings_.prompt.size() > kMaxPrompt) send(coded("Warning", "PROMPT_TOO_LONG", "over 25,000 characters"));
    if (options_.faults.audio_before_applied) conversation_->greet(0);
    if (options_.faults.never_applied) return;
    timers_.after(latency_.applied(), [this] { applied(); });
}

void Session::applied() {
    if (phase_ != Phase::kSettings) return;
    phase_ = Phase::kApplied;
    const double now = journal_.now_ms();
    journal_.update([&](SessionRecord& r) { r.applied_ms = now; });
    send(bare_message("SettingsApplied"));
    arm_limits();
    arm_faults();
    if (!options_.faults.audio_before_applied) conversation_->greet(latency_.greeting());
}

void Session::on_binary(std::span<const uint8_t> bytes) {
    if (phase_ == Phase::kOver) return;
    const double now = journal_.now_ms();
    last_frame_ms_ = now;
    log_.binary(now, bytes.size());
    const double gap = last_audio_ms_ < 0 ? 0 : now - last_audio_ms_;
    last_audio_ms_ = now;
    journal_.update([&](SessionRecord& r) {
        ++r.audio_frames_in;
        r.audio_bytes_in += static_cast<int64_t>(bytes.size());
        r.smallest_frame_in = r.audio_frames_in == 1 ? bytes.size() : std::min(r.smallest_frame_in, bytes.size());
        r.largest_frame_in = std::max(r.largest_frame_in, bytes.size());
        r.largest_audio_gap_ms = std::max(r.largest_audio_gap_ms, gap);
    });
    if (phase_ == Phase::kOpen || phase_ == Phase::kWelcomed) {
        breach("NON_SETTINGS_MESSAGE_BEFORE_SETTINGS", 32, "audio came before Settings");
        return;
    }
    if (bytes.empty()) {
        journal_.violation("empty-frame", 23, "a binary frame without bytes");
        return;
    }
    if (bytes[0] == '{' &&
        std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()).find("\"type\"") !=
            std::string_view::npos) {
        journal_.violation("message-as-binary", 23, "a control message in a binary frame: it is heard as noise");
    }
    if (static_cast<double>(bytes.size()) > kMaxFrameBytes) {
        journal_.violation("oversized-frame", 23, std::to_string(bytes.size()) + " bytes of audio in one frame");
    }
    if (phase_ == Phase::kSettings) {
        journal_.violation("audio-before-applied", 22, "audio came before SettingsApplied was sent");
        return;
    }
    if (options_.keep_audio_in > 0) {
        journal_.update([&](SessionRecord& r) {
            if (r.audio_in.size() + bytes.size() <= options_.keep_audio_in)
                r.audio_in.insert(r.audio_in.end(), bytes.begin(), bytes.end());
        });
    }
    const Samples samples = decoder_->decode(bytes);
    constexpr size_t kMaxRecorded = size_t{kTelephoneRate} * 60 * 30;
    if (!options_.record_dir.empty() && recorded_.size() < kMaxRecorded) {
        recorded_.insert(recorded_.end(), samples.begin(), samples.end());
    }
    conversation_->hear(samples);
}

void Session::command(const Command& c) {
    if (phase_ == Phase::kOver) return;
    switch (c.kind) {
        case Command::Kind::kError:
            return fatal(c.text, "sent on command");
        case Command::Kind::kWarning:
            return send(coded("Warning", c.text, "sent on command"));
        case Command::Kind::kClose:
            return close(c.number);
        case Command::Kind::kDrop:
            return drop();
        case Command::Kind::kText:
            return send(c.text);
        case Command::Kind::kSay:
            if (conversation_) conversation_->say(c.text);
            return;
        case Command::Kind::kCall:
            if (conversation_) conversation_->call(c.function);
            return;
        case Command::Kind::kUserSpeech:
            if (conversation_) conversation_->user_started_speaking();
            return;
    }
}

void Session::send(const std::string& message) {
    if (phase_ == Phase::kOver) return;
    const double now = journal_.now_ms();
    std::string type = read_client_text(message).type;
    journal_.event("sent", brief(message));
    journal_.update([&](SessionRecord& r) {
        if (r.sent.size() < kMaxReceived) r.sent.push_back({now, std::move(type), message});
    });
    socket_.send(false, message.data(), message.size());
    if (options_.faults.garbage) garbage();
}

void Session::send_audio(std::span<const uint8_t> bytes) {
    if (phase_ == Phase::kOver) return;
    journal_.update([&](SessionRecord& r) {
        ++r.audio_frames_out;
        r.audio_bytes_out += static_cast<int64_t>(bytes.size());
        constexpr size_t kMaxKept = 8U << 20;
        if (r.audio_out.size() + bytes.size() <= kMaxKept)
            r.audio_out.insert(r.audio_out.end(), bytes.begin(), bytes.end());
    });
    socket_.send(true, bytes.data(), bytes.size());
}

}  // namespace trunkline::lab::deepgram
