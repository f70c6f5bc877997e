#include "lab/hume/session.h"

#include <glib.h>

#include <algorithm>
#include <string_view>

namespace trunkline::lab::hume {
namespace {

constexpr size_t kMaxKept = 10000;
constexpr size_t kMaxEarly = 10000;
constexpr double kShortestChunkMs = 20, kLongestChunkMs = 100;

std::string new_id() {
    char* uuid = g_uuid_string_random();
    std::string out = uuid;
    g_free(uuid);
    return out;
}

/// Audio as text would bury a terminal.
std::string brief(const std::string& text) { return text.size() <= 300 ? text : text.substr(0, 300) + "…"; }

}  // namespace

Session::Session(const agent::World& world, SoupWebsocketConnection* socket, HumeOptions options, Opening opening,
                 std::function<void()> over)
    : world_(world),
      options_(std::move(options)),
      opening_(std::move(opening)),
      over_(std::move(over)),
      ids_{new_id(), opening_.query.resumed_group.empty() ? new_id() : opening_.query.resumed_group, new_id()},
      journal_(*world.ledger, world.ledger->open(opening_.auth_scheme, ids_.request)),
      timers_(world.context),
      socket_(socket, timers_, options_.max_message_bytes,
              {[this](const std::string& text) {
                   log_.text(journal_.now_ms(), text);
                   on_text(text);
               },
               [this](std::span<const uint8_t> bytes) {
                   log_.binary(journal_.now_ms(), bytes.size());
                   on_binary(bytes);
               },
               [this](int code) { on_closed(code); }}) {
    const ChatQuery& query = opening_.query;
    journal_.update([&](agent::SessionRecord& r) {
        r.details = {{"chat_id", ids_.chat},
                     {"chat_group_id", ids_.group},
                     {"config_id", query.config_id},
                     {"config_version", query.config_version},
                     {"voice_id", query.voice_id},
                     {"resumed_chat_group_id", query.resumed_group},
                     {"verbose_transcription", query.verbose ? "true" : "false"}};
    });
    log_ = agent::MessageLog(options_.messages_dir, "hume-received-" + std::to_string(number()) + ".jsonl");
    if (!log_.good()) journal_.event("recording", log_.path() + ": cannot be written");
    journal_.event("handshake", "socket open, auth " + opening_.auth_scheme + ", chat " + ids_.chat +
                                    (query.resumed_group.empty() ? "" : ", resumes group " + ids_.group));
    for (const std::string& one : query.advice) journal_.violation("advice", 1, one);
    conversation_ = std::make_unique<Conversation>(*this, writer_, timers_, journal_, options_, query.verbose,
                                                   world_.library, world_.known);
    if (options_.faults.never_metadata) return;
    agent::LatencyModel latency(options_.latency, journal_.number());
    timers_.after(latency.welcome(), [this] { begin(); });
}

Session::~Session() { conversation_.reset(); }

/// chat_metadata first; then what the client has already said.
void Session::begin() {
    if (phase_ != Phase::kOpen) return;
    phase_ = Phase::kChat;
    const ChatQuery& query = opening_.query;
    agent::Checked checked;
    if (!query.settings.empty()) {
        if (const auto custom = read_settings(query.settings, checked).custom_session_id) {
            writer_.custom_session_id(*custom);
        }
    }
    send(writer_.chat_metadata(ids_));
    if (opening_.one_too_many) return fatal(options_.max_chats_code, "too many active chats");
    if (!query.error.empty()) breach("E0101", 1, query.error);
    if (phase_ == Phase::kOver) return;
    arm_limits();
    arm_faults();
    if (!query.settings.empty()) on_text(query.settings);
    if (query.resumed_group.empty() || options_.greet_resumed) conversation_->greet();
    const auto early = std::move(early_);
    early_.clear();
    for (const Early& one : early) {
        if (one.binary) {
            on_binary({reinterpret_cast<const uint8_t*>(one.bytes.data()), one.bytes.size()});
        } else {
            on_text(one.bytes);
        }
    }
}

void Session::advise(const std::string& code, int line, const std::string& what) {
    bool known = false;
    journal_.update([&](agent::SessionRecord& r) { known = r.violated(code); });
    if (!known) journal_.violation(code, line, what);
}

void Session::breach(const std::string& code, int line, const std::string& what) {
    journal_.violation(code, line, what);
    if (options_.strict) fatal(code, what);
}

void Session::on_text(const std::string& text) {
    if (phase_ == Phase::kOver) return;
    if (phase_ == Phase::kOpen) {
        if (early_.size() < kMaxEarly) early_.push_back({false, text});
        return;
    }
    std::string type;
    const agent::Checked checked = check_message(text, type);
    const double now = journal_.now_ms();
    journal_.update([&](agent::SessionRecord& r) {
        if (type != "audio_input" && r.received.size() < kMaxKept)
            r.received.push_back({now, type, agent::without_secrets(text)});
    });
    for (const Error& problem : checked.problems) {
        breach(problem.code, 18, problem.message);
        if (phase_ == Phase::kOver) return;
    }
    dispatch(read_client_text(text), text);
}

void Session::dispatch(const ClientText& m, const std::string& text) {
    if (m.type == "audio_input") {
        const auto bytes = decode_base64(m.data);
        count_audio(bytes ? bytes->size() : 0);
        if (!bytes) return breach("E0201", 18, "audio_input.data is not base64");
        return audio({reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size()});
    }
    if (m.type == "session_settings") return settings(text);
    active_ms_ = journal_.now_ms();
    if (m.type == "user_input") return conversation_->user_input(m.text);
    if (m.type == "assistant_input") return conversation_->assistant_input(m.text);
    if (m.type == "pause_assistant_message") return conversation_->pause();
    if (m.type == "resume_assistant_message") return conversation_->resume();
    if (m.type == "tool_response" || m.type == "tool_error") conversation_->tools().answer(m);
}

void Session::settings(const std::string& text) {
    agent::Checked checked;
    const Settings s = read_settings(text, checked);
    for (const Error& problem : checked.problems) {
        breach(problem.code, 18, problem.message);
        if (phase_ == Phase::kOver) return;
    }
    if (s.custom_session_id) writer_.custom_session_id(*s.custom_session_id);
    if (s.audio) decoder_.declare(*s.audio);
    if (s.tools) conversation_->tools().define(*s.tools);
    const double now = journal_.now_ms();
    std::string names;
    journal_.update([&](agent::SessionRecord& r) {
        if (r.settings_ms < 0) r.settings_ms = now;
        r.applied_ms = now;
        for (const auto& [name, value] : s.details) {
            r.details[name] = value;
            names += (names.empty() ? "" : ", ") + name;
        }
    });
    journal_.event("settings", names.empty() ? "empty" : names);
}

void Session::on_binary(std::span<const uint8_t> bytes) {
    if (phase_ == Phase::kOver) return;
    if (phase_ == Phase::kOpen) {
        if (early_.size() < kMaxEarly) early_.push_back({true, std::string(bytes.begin(), bytes.end())});
        return;
    }
    count_audio(bytes.size());
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (text.starts_with('{') && text.find("\"type\"") != std::string_view::npos) {
        advise("message-as-binary", 20, "a message in a binary frame: it is heard as noise");
    }
    audio(bytes);
}

void Session::count_audio(size_t bytes) {
    const double now = journal_.now_ms();
    const double gap = last_audio_ms_ < 0 ? 0 : now - last_audio_ms_;
    last_audio_ms_ = now;
    journal_.update([&](agent::SessionRecord& r) {
        ++r.audio_frames_in;
        r.audio_bytes_in += static_cast<int64_t>(bytes);
        r.smallest_frame_in = r.audio_frames_in == 1 ? bytes : std::min(r.smallest_frame_in, bytes);
        r.largest_frame_in = std::max(r.largest_frame_in, bytes);
        r.largest_audio_gap_ms = std::max(r.largest_audio_gap_ms, gap);
    });
    if (options_.max_gap_ms > 0 && gap > options_.max_gap_ms) {
        advise("audio-gap", 3, std::to_string(static_cast<int>(gap)) + " ms without audio: silence must be sent too");
    }
}

void Session::audio(std::span<const uint8_t> bytes) {
    if (bytes.empty()) return breach("E0202", 18, "no audio in the message");
    const InputDecoder::Chunk chunk = decoder_.decode(bytes);
    if (!chunk.error.empty()) return breach(chunk.error, 18, chunk.text);
    look_at_chunk(chunk);
    if (phase_ == Phase::kOver) return;
    if (options_.keep_audio_in > 0) {
        journal_.update([&](agent::SessionRecord& r) {
            if (r.audio_in.size() + bytes.size() <= options_.keep_audio_in)
                r.audio_in.insert(r.audio_in.end(), bytes.begin(), bytes.end());
        });
    }
    constexpr size_t kMaxRecorded = size_t{kTelephoneRate} * 60 * 30;
    if (!options_.record_dir.empty() && recorded_.size() < kMaxRecorded) {
        recorded_.insert(recorded_.end(), chunk.samples.begin(), chunk.samples.end());
    }
    conversation_->hear(chunk.samples, decoder_.resampled());
}

void Session::look_at_chunk(const InputDecoder::Chunk& chunk) {
    const std::string length = std::to_string(static_cast<int>(chunk.ms)) + " ms of audio in one message";
    if (options_.max_chunk_ms > 0 && chunk.ms > options_.max_chunk_ms) {
        if (chunk.whole_file)
            return breach("E0723", 3, "a whole file of " + length + ": audio must come as it is spoken");
        return breach("E0203", 3, length);
    }
    if (decoder_.declared() && (chunk.ms < kShortestChunkMs || chunk.ms > kLongestChunkMs)) {
        advise("chunk-size", 3, length + "; 20 to 100 ms are expected");
    }
}

void Session::command(const Command& c) {
    if (phase_ != Phase::kChat) return;
    switch (c.kind) {
        case Command::Kind::kError:
            return fatal(c.text, "sent on command");
        case Command::Kind::kClose:
            return close(c.number, c.text);
        case Command::Kind::kDrop:
            return drop();
        case Command::Kind::kText:
            return send(c.text);
        case Command::Kind::kSay:
            return conversation_->say(c.text);
        case Command::Kind::kCall:
            return conversation_->call(c.function);
        case Command::Kind::kWarning:  // this protocol has none
            return;
        case Command::Kind::kUserSpeech:
            return conversation_->interruption(true);
    }
}

void Session::send(const std::string& message) {
    if (phase_ == Phase::kOver) return;
    const double now = journal_.now_ms();
    std::string type = read_client_text(message).type;
    const bool audio = type == "audio_output";
    journal_.event("sent", brief(message));
    journal_.update([&](agent::SessionRecord& r) {
        if (r.sent.size() < kMaxKept) r.sent.push_back({now, std::move(type), audio ? "" : message});
    });
    socket_.send(false, message.data(), message.size());
    if (options_.faults.garbage && !audio) garbage();
}

}  // namespace trunkline::lab::hume
