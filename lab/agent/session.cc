#include "lab/agent/session.h"

#include <glib.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "lab/agent/json.h"
#include "lab/speech/wav.h"

namespace trunkline::lab::agent {
namespace {

constexpr size_t kMaxMessagesKept = 10000;
constexpr size_t kMaxRecorded = size_t{kTelephoneRate} * 60 * 30;

/// Audio as text would bury a terminal.
std::string brief(const std::string& text) { return text.size() <= 300 ? text : text.substr(0, 300) + "…"; }

std::string type_of(const std::string& message) {
    return text_of(member(nlohmann::json::parse(message, nullptr, false), "type"));
}

}  // namespace

std::string new_id() {
    char* uuid = g_uuid_string_random();
    std::string out = uuid;
    g_free(uuid);
    return out;
}

Session::Session(Opening opening, std::shared_ptr<const AgentOptions> options, const CommonFaults& faults,
                 const Identity& identity, Wire wire)
    : world_(opening.world),
      journal_(*world_.ledger, world_.ledger->open(identity.auth_scheme, identity.request_id)),
      timers_(world_.context),
      log_(options->messages_dir, options->agent + "-received-" + std::to_string(journal_.number()) + ".jsonl"),
      options_(std::move(options)),
      faults_(faults),
      wire_(std::move(wire)),
      on_over_(std::move(opening.over)),
      socket_(opening.socket, timers_, wire_.max_message_bytes,
              {[this](const std::string& text) { on_text(text); },
               [this](std::span<const uint8_t> bytes) { on_binary(bytes); }, [this](int code) { on_closed(code); }}) {
    if (!log_.good()) journal_.event("recording", log_.path() + ": cannot be written");
}

bool Session::holds_audio(const std::string& type) const {
    return std::find(wire_.audio_types.begin(), wire_.audio_types.end(), type) != wire_.audio_types.end();
}

// --- what comes

void Session::received(const std::string& type, const std::string& text) {
    if (holds_audio(type)) return;
    const double now = journal_.now_ms();
    journal_.update([&](SessionRecord& r) {
        if (r.received.size() < kMaxMessagesKept) r.received.push_back({now, type, text});
    });
}

void Session::breach(const std::string& code, int line, const std::string& what) {
    journal_.violation(code, line, what);
    if (options_->strict) fatal(code, what);
}

bool Session::check(const Checked& checked, int line) {
    for (const Error& problem : checked.problems) {
        breach(problem.code, line, problem.message);
        if (over_) return false;
    }
    return true;
}

double Session::count_audio(size_t bytes) {
    const double now = journal_.now_ms();
    const double gap = last_audio_ms_ < 0 ? 0 : now - last_audio_ms_;
    last_audio_ms_ = now;
    journal_.update([&](SessionRecord& r) {
        ++r.audio_frames_in;
        r.audio_bytes_in += static_cast<int64_t>(bytes);
        r.smallest_frame_in = r.audio_frames_in == 1 ? bytes : std::min(r.smallest_frame_in, bytes);
        r.largest_frame_in = std::max(r.largest_frame_in, bytes);
        r.largest_audio_gap_ms = std::max(r.largest_audio_gap_ms, gap);
    });
    return gap;
}

void Session::keep_audio(std::span<const uint8_t> bytes, const Samples& samples_8k) {
    if (options_->keep_audio_in > 0) {
        journal_.update([&](SessionRecord& r) {
            if (r.audio_in.size() + bytes.size() <= options_->keep_audio_in)
                r.audio_in.insert(r.audio_in.end(), bytes.begin(), bytes.end());
        });
    }
    if (!options_->record_dir.empty() && recorded_.size() < kMaxRecorded) {
        recorded_.insert(recorded_.end(), samples_8k.begin(), samples_8k.end());
    }
}

void Session::write_recording() {
    if (recorded_.empty()) return;
    const std::string path =
        options_->record_dir + "/" + options_->agent + "-heard-" + std::to_string(number()) + ".wav";
    if (auto written = write_wav(path, recorded_); !written) journal_.event("recording", written.error().message);
}

// --- what goes

void Session::send(const std::string& message) {
    if (over_) return;
    const double now = journal_.now_ms();
    std::string type = type_of(message);
    const bool audio = holds_audio(type);
    journal_.event("sent", brief(message));
    journal_.update([&](SessionRecord& r) {
        if (r.sent.size() < kMaxMessagesKept) r.sent.push_back({now, std::move(type), audio ? "" : message});
    });
    socket_.send(false, message.data(), message.size());
    if (!faults_.garbage || audio || wire_.garbage.empty()) return;
    const std::string_view garbage = wire_.garbage[garbage_++ % wire_.garbage.size()];
    socket_.send(false, garbage.data(), garbage.size());
}

void Session::send_audio(std::span<const uint8_t> bytes) {
    if (over_) return;
    journal_.update([&](SessionRecord& r) {
        r.count_audio_out(bytes.size());
        r.keep_audio_out(bytes);
    });
    socket_.send(true, bytes.data(), bytes.size());
}

// --- the end

void Session::end() {
    over_ = true;
    timers_.cancel_all();
}

void Session::fatal(const std::string& code, const std::string& text) {
    if (over_) return;
    send(error(code, text));
    if (faults_.error_without_close) return end();
    close(options_->error_close_code, error_reason(code));
}

void Session::close(int code, const std::string& reason) {
    end();
    // A reason needs a code to stand behind.
    const bool told = wire_.close_reasons && code != 1005 && !reason.empty();
    socket_.close(code, told ? reason.c_str() : nullptr);
}

void Session::drop() {
    if (over_) return;
    end();
    socket_.drop();
}

void Session::on_closed(int code) {
    end();
    if (Conversation* heard = conversation()) heard->finish();
    const double now = journal_.now_ms();
    journal_.update([&](SessionRecord& r) {
        r.closed_ms = now;
        r.close_code = code;
        r.closed_by_client = !socket_.closed_by_us();
    });
    journal_.event("closed", std::string(socket_.closed_by_us() ? "by the lab" : "by the client") + ", code " +
                                 std::to_string(code));
    write_recording();
    const auto over = std::exchange(on_over_, nullptr);
    if (over) over();
}

// --- what is done to it

void Session::command(const Command& c) {
    if (over_) return;
    switch (c.kind) {
        case Command::Kind::kError:
            return fatal(c.text, "sent on command");
        case Command::Kind::kWarning:
            return warn(c.text);
        case Command::Kind::kClose:
            return close(c.number, c.text);
        case Command::Kind::kDrop:
            return drop();
        case Command::Kind::kText:
            return send(c.text);
        case Command::Kind::kSay:
            if (conversation()) conversation()->say(c.text);
            return;
        case Command::Kind::kCall:
            if (conversation()) conversation()->call(c.function);
            return;
        case Command::Kind::kUserSpeech:
            if (conversation()) conversation()->user_speaks();
            return;
    }
}

void Session::arm_faults() {
    const CommonFaults& f = faults_;
    if (f.error_at_ms >= 0) timers_.after(f.error_at_ms, [this] { fatal(faults_.error_code, "a fault mode"); });
    if (f.close_at_ms >= 0) timers_.after(f.close_at_ms, [this] { close(faults_.close_code, "a fault mode"); });
    if (f.drop_at_ms >= 0) timers_.after(f.drop_at_ms, [this] { drop(); });
    if (f.stall_at_ms < 0) return;
    timers_.after(f.stall_at_ms, [this] {
        journal_.event("fault", "stalls for " + std::to_string(faults_.stall_ms) + " ms");
        socket_.stall(faults_.stall_ms);
    });
}

double Session::clock_ms(double seconds) const { return seconds * 1000 / std::max(options_->session_speed, 1e-6); }

}  // namespace trunkline::lab::agent
