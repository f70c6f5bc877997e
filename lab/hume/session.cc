#include "lab/hume/session.h"

#include <algorithm>

namespace trunkline::lab::hume {
namespace {

constexpr size_t kMaxEarly = 10000;
constexpr double kShortestChunkMs = 20, kLongestChunkMs = 100;

constexpr const char* kGarbage[] = {
    R"({"type":"something_new","depth":{"a":[1,2,{"b":null}]}})",
    R"({"type":"assistant_message","id":)",
    R"([])",
    R"({"type":42})",
    R"({"no_type":true})",
    R"({"type":"assistant_prosody","models":{},"unknown":1})",
    R"("text")",
    R"({"type":"audio_output","id":"x","index":"none","data":7})",
    R"({"type":"audio_output","id":"y","index":0,"data":"%%% not base64 %%%"})",
    R"({"type":"audio_output","id":"z","index":0,"data":"UklGRgAAAABXQVZF"})",
};

ChatIds new_ids(const ChatQuery& query) {
    const std::string chat = agent::new_id();
    return {chat, query.resumed_group.empty() ? agent::new_id() : query.resumed_group, agent::new_id()};
}

}  // namespace

Session::Session(agent::Opening opening, std::shared_ptr<const HumeOptions> options, Chat chat)
    : Session(std::move(opening), std::move(options), chat, new_ids(chat.query)) {}

Session::Session(agent::Opening opening, std::shared_ptr<const HumeOptions> options, Chat chat, ChatIds ids)
    : agent::Session(std::move(opening), options, options->faults, {chat.auth_scheme, ids.request},
                     {options->max_message_bytes, true, {"audio_input", "audio_output"}, kGarbage}),
      options_(*options),
      chat_(std::move(chat)),
      ids_(std::move(ids)) {
    const ChatQuery& query = chat_.query;
    journal_.update([&](agent::SessionRecord& r) {
        r.details = {{"chat_id", ids_.chat},
                     {"chat_group_id", ids_.group},
                     {"config_id", query.config_id},
                     {"config_version", query.config_version},
                     {"voice_id", query.voice_id},
                     {"resumed_chat_group_id", query.resumed_group},
                     {"verbose_transcription", query.verbose ? "true" : "false"}};
    });
    journal_.event("handshake", "socket open, auth " + chat_.auth_scheme + ", chat " + ids_.chat +
                                    (query.resumed_group.empty() ? "" : ", resumes group " + ids_.group));
    for (const std::string& one : query.advice) journal_.violation("advice", 1, one);
    conversation_ = std::make_unique<Conversation>(*this, options_, writer_, query.verbose);
    if (options_.faults.never_metadata) return;
    agent::LatencyModel latency(options_.latency, number());
    timers_.after(latency.welcome(), [this] { begin(); });
}

std::string Session::error(const std::string& code, const std::string& text) const {
    return writer_.error(code, text, ids_.request);
}

void Session::command(const agent::Command& command) {
    if (begun_) agent::Session::command(command);
}

/// chat_metadata first; then what the client has already said.
void Session::begin() {
    begun_ = true;
    const ChatQuery& query = chat_.query;
    agent::Checked checked;
    if (!query.settings.empty()) {
        if (const auto custom = read_settings(query.settings, checked).custom_session_id) {
            writer_.custom_session_id(*custom);
        }
    }
    send(writer_.chat_metadata(ids_));
    if (chat_.one_too_many) return fatal(options_.max_chats_code, "too many active chats");
    if (!query.error.empty()) breach("E0101", 1, query.error);
    if (over()) return;
    arm_limits();
    arm_faults();
    if (!query.settings.empty()) take_text(query.settings);
    if (query.resumed_group.empty() || options_.greet_resumed) conversation_->greet();
    for (const Early& one : std::exchange(early_, {})) {
        if (one.binary) {
            take_binary({reinterpret_cast<const uint8_t*>(one.bytes.data()), one.bytes.size()});
        } else {
            take_text(one.bytes);
        }
    }
}

void Session::advise(const std::string& code, int line, const std::string& what) {
    bool known = false;
    journal_.update([&](agent::SessionRecord& r) { known = r.violated(code); });
    if (!known) journal_.violation(code, line, what);
}

void Session::on_text(const std::string& text) {
    log_.text(journal_.now_ms(), text);
    take_text(text);
}

void Session::on_binary(std::span<const uint8_t> bytes) {
    log_.binary(journal_.now_ms(), bytes.size());
    take_binary(bytes);
}

void Session::take_text(const std::string& text) {
    if (over()) return;
    if (!begun_) {
        if (early_.size() < kMaxEarly) early_.push_back({false, text});
        return;
    }
    std::string type;
    const agent::Checked checked = check_message(text, type);
    received(type, agent::without_secrets(text));
    if (check(checked, 18)) dispatch(read_client_text(text), text);
}

void Session::take_binary(std::span<const uint8_t> bytes) {
    if (over()) return;
    if (!begun_) {
        if (early_.size() < kMaxEarly) early_.push_back({true, std::string(bytes.begin(), bytes.end())});
        return;
    }
    count(bytes.size());
    if (agent::looks_like_message(bytes)) {
        advise("message-as-binary", 20, "a message in a binary frame: it is heard as noise");
    }
    audio(bytes);
}

void Session::dispatch(const ClientText& m, const std::string& text) {
    if (m.type == "audio_input") {
        const auto bytes = decode_base64(m.data);
        count(bytes ? bytes->size() : 0);
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
    if (!check(checked, 18)) return;
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

// --- audio

void Session::count(size_t bytes) {
    const double gap = count_audio(bytes);
    if (options_.max_gap_ms > 0 && gap > options_.max_gap_ms) {
        advise("audio-gap", 3, std::to_string(static_cast<int>(gap)) + " ms without audio: silence must be sent too");
    }
}

void Session::audio(std::span<const uint8_t> bytes) {
    if (bytes.empty()) return breach("E0202", 18, "no audio in the message");
    const InputDecoder::Chunk chunk = decoder_.decode(bytes);
    if (!chunk.error.empty()) return breach(chunk.error, 18, chunk.text);
    look_at_chunk(chunk);
    if (over()) return;
    keep_audio(bytes, chunk.samples);
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

// --- limits

void Session::arm_limits() {
    active_ms_ = journal_.now_ms();
    if (options_.max_duration_s > 0) {
        timers_.after(clock_ms(options_.max_duration_s), [this] {
            end_by_limit(options_.max_duration_code, "the chat has reached its maximum duration");
        });
    }
    if (options_.inactivity_s <= 0) return;
    const double every = std::clamp(clock_ms(options_.inactivity_s) / 20, 5.0, 250.0);
    timers_.every(every, [this] { watch_activity(); });
}

void Session::watch_activity() {
    const double now = journal_.now_ms();
    if (conversation_->active()) {
        active_ms_ = now;
        // The line that warns of the end does not put it off.
        if (conversation_->user_active()) inactive_said_ = false;
        return;
    }
    const double limit_s = inactive_said_ ? options_.inactivity_grace_s : options_.inactivity_s;
    if (now - active_ms_ >= clock_ms(limit_s)) idle();
}

void Session::idle() {
    if (!inactive_said_ && !options_.inactivity_line.empty()) {
        inactive_said_ = true;
        active_ms_ = journal_.now_ms();
        return conversation_->say(options_.inactivity_line);
    }
    end_by_limit(options_.inactivity_code, "nobody has spoken for too long");
}

void Session::end_by_limit(const std::string& code, const std::string& what) {
    journal_.event("limit", what);
    if (!code.empty()) send(error(code, what));
    close(options_.limit_close_code, what);
}

}  // namespace trunkline::lab::hume
