// Positions by the plain mean of the wire's samples, the recording by a proper filter.
#include "lab/carrier/agent_voice.h"

#include <algorithm>

namespace trunkline::lab {
namespace {

/// The mean of the wire's samples that make one of the telephone's: no delay, so that positions are exact.
Samples narrowed(const Samples& wide, size_t step) {
    Samples telephone(wide.size() / step);
    for (size_t i = 0; i < telephone.size(); ++i) {
        int sum = 0;
        for (size_t j = 0; j < step; ++j) sum += wide[i * step + j];
        telephone[i] = static_cast<int16_t>(sum / static_cast<int>(step));
    }
    return telephone;
}

}  // namespace

void AgentVoice::came(size_t bytes) {
    auto& r = book_.result();
    ++r.media_received;
    r.bytes_received += bytes;
    if (keep_audio_) r.media_ms.push_back(book_.call_ms());
}

void AgentVoice::mark_came(const std::string& name) {
    book_.result().marks.push_back({name, book_.call_ms(), -1, MarkEcho::kPending});
}

void AgentVoice::mark_returned(const std::string& name, MarkEcho how) {
    auto& marks = book_.result().marks;
    auto waiting =
        std::find_if(marks.begin(), marks.end(), [&](const auto& m) { return m.name == name && m.echoed_ms < 0; });
    if (waiting != marks.end()) {
        waiting->echoed_ms = book_.call_ms();
        waiting->how = how;
    }
    book_.note("mark", name + " (" + to_string(how) + ")");
}

void AgentVoice::cleared(int64_t queued_ms, const std::function<void()>& empty) {
    book_.result().clears_ms.push_back(book_.call_ms());
    book_.note("clear", std::to_string(queued_ms) + " ms of audio thrown away");
    empty();
    book_.result().queued = 0;
    tell(ear_.cleared());
}

void AgentVoice::heard(std::span<const uint8_t> ulaw) {
    follow(ear_.hear(ulaw));
    auto& r = book_.result();
    if (keep_audio_) r.heard.insert(r.heard.end(), ulaw.begin(), ulaw.end());
}

void AgentVoice::heard(const Samples& linear) {
    const bool wide = wire_.step() > 1;
    follow(ear_.hear(wide ? narrowed(linear, static_cast<size_t>(wire_.step())) : linear));
    if (!keep_audio_) return;
    auto& r = book_.result();
    r.heard_pcm.insert(r.heard_pcm.end(), linear.begin(), linear.end());
    Samples filtered;
    if (wide) to_telephone_.push(linear, filtered);
    for (int16_t sample : wide ? filtered : linear) r.heard.push_back(ulaw_encode(sample));
}

void AgentVoice::follow(Ear::Change change) {
    tell(change);
    auto& r = book_.result();
    r.played = ear_.position();
    r.last_audible = ear_.last_audible();
    if (!r.agent_speech.empty() && r.agent_speech.back().open) r.agent_speech.back() = ear_.spans().back();
}

void AgentVoice::tell(Ear::Change change) {
    if (change == Ear::Change::kNone) return;
    auto& r = book_.result();
    r.agent_speech = ear_.spans();
    r.last_audible = ear_.last_audible();
    const SpeechSpan& span = r.agent_speech.back();
    if (change == Ear::Change::kSpeaks) return book_.note("agent-speaks", "");
    book_.note("agent-stops",
               "after " + std::to_string((span.last - span.first) / 8) + " ms" + (span.cut ? ", cut" : ""));
}

}  // namespace trunkline::lab
