#include "lab/agent/journal.h"

#include <glib.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "lab/agent/json.h"

namespace trunkline::lab::agent {
namespace {

constexpr size_t kMaxSessions = 100000;
constexpr size_t kMaxViolations = 1000;
constexpr size_t kMaxAudioOut = 8U << 20;

template <class List>
bool any_type(const List& list, const std::string& type) {
    return std::any_of(list.begin(), list.end(), [&](const auto& m) { return m.type == type; });
}

}  // namespace

bool SessionRecord::received_type(const std::string& type) const { return any_type(received, type); }
bool SessionRecord::sent_type(const std::string& type) const { return any_type(sent, type); }
bool SessionRecord::violated(const std::string& code) const {
    return std::any_of(violations.begin(), violations.end(), [&](const Violation& v) { return v.code == code; });
}

void SessionRecord::count_audio_out(size_t bytes) {
    ++audio_frames_out;
    audio_bytes_out += static_cast<int64_t>(bytes);
}

void SessionRecord::keep_audio_out(std::span<const uint8_t> bytes) {
    if (audio_out.size() + bytes.size() <= kMaxAudioOut) audio_out.insert(audio_out.end(), bytes.begin(), bytes.end());
}

std::string LabEvent::to_json() const {
    return wire(nlohmann::ordered_json{{"at_ms", at_ms}, {"session", session}, {"kind", kind}, {"text", text}});
}

Ledger::Ledger(std::function<void(const LabEvent&)> events)
    : started_us_(g_get_monotonic_time()), events_(std::move(events)) {}

double Ledger::now_ms() const { return static_cast<double>(g_get_monotonic_time() - started_us_) / 1000.0; }

int Ledger::open(const std::string& auth_scheme, const std::string& request_id) {
    const std::lock_guard lock(mutex_);
    // A long-running lab forgets its oldest calls' contents, never their number.
    if (sessions_.size() >= kMaxSessions) sessions_[sessions_.size() - kMaxSessions] = SessionRecord{};
    SessionRecord record;
    record.number = static_cast<int>(sessions_.size()) + 1;
    record.request_id = request_id;
    record.auth_scheme = auth_scheme;
    record.opened_ms = now_ms();
    sessions_.push_back(std::move(record));
    changed_.notify_all();
    return static_cast<int>(sessions_.size());
}

std::vector<SessionRecord> Ledger::sessions() const {
    const std::lock_guard lock(mutex_);
    return sessions_;
}

bool Ledger::wait(const std::function<bool(const std::vector<SessionRecord>&)>& condition, int timeout_ms) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [&] { return condition(sessions_); });
}

void Ledger::update(int number, const std::function<void(SessionRecord&)>& change) {
    const std::lock_guard lock(mutex_);
    change(sessions_[static_cast<size_t>(number - 1)]);
    changed_.notify_all();
}

void Ledger::event(int number, const std::string& kind, const std::string& text) {
    if (events_) events_(LabEvent{now_ms(), number, kind, text});
}

void Journal::heard(const Hearing& hearing, bool quietly) {
    const double at = now_ms();
    update([&](SessionRecord& r) { r.heard.push_back({at, hearing}); });
    if (quietly) return;
    event("heard", hearing.intelligible() ? hearing.name() + ": " + hearing.transcript()
                                          : "[unintelligible] " + hearing.reason());
}

void Journal::violation(const std::string& code, int line, const std::string& what) {
    const double at = now_ms();
    update([&](SessionRecord& r) {
        if (r.violations.size() < kMaxViolations) r.violations.push_back({at, code, line, what});
    });
    event("violation", code + (line ? " (checklist " + std::to_string(line) + "): " : ": ") + what);
}

}  // namespace trunkline::lab::agent
