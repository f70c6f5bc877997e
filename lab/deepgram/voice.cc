#include "lab/deepgram/voice.h"

#include "lab/deepgram/audio.h"

namespace trunkline::lab::deepgram {

void send_words(agent::Session& session, const Settings& settings, const std::string& role,
                const std::string& content) {
    session.send(conversation_text(role, content));
    if (settings.history) session.send(history_text(role, content));
}

void Voice::text(const Utterance& utterance) {
    if (!options_.faults.out_of_order) send_words(session_, settings_, "assistant", utterance.recording->text);
}

void Voice::audio_begins(const Utterance& utterance) {
    if (options_.agent_started_speaking) session_.send(agent_started_speaking(utterance.note.latencies));
    if (options_.faults.out_of_order) session_.send(bare_message("AgentAudioDone"));
}

std::vector<uint8_t> Voice::encode(const Samples& samples_8k) { return encode_output(settings_.output, samples_8k); }
size_t Voice::bytes_per_second() const { return deepgram::bytes_per_second(settings_.output); }
void Voice::audio(const Utterance&, std::span<const uint8_t> piece) { session_.send_audio(piece); }

void Voice::done(const Utterance& utterance) {
    if (options_.faults.out_of_order) {
        send_words(session_, settings_, "assistant", utterance.recording->text);
    } else if (utterance.last) {
        session_.send(bare_message("AgentAudioDone"));
    }
    const Thought& thought = utterance.note;
    if (utterance.last && thought.report && options_.latency_report) session_.send(latency_report(thought.latencies));
}

void Voice::unsayable(const std::string& why) { session_.send(coded("Warning", "SPEAK_REQUEST_FAILED", why)); }

void Voice::idle() {
    if (!held_.empty()) say(std::exchange(held_, {}), {});
}

}  // namespace trunkline::lab::deepgram
