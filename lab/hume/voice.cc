#include "lab/hume/voice.h"

#include "lab/hume/audio.h"

namespace trunkline::lab::hume {

void Voice::text(const Utterance& sentence) {
    if (!options_.faults.text_after_audio) message(sentence);
}

void Voice::message(const Utterance& sentence) {
    const Recording& recording = *sentence.recording;
    AssistantMessage m{sentence.id, recording.text, std::nullopt, sentence.note.from_text};
    if (options_.message_prosody) m.prosody = prosody_of(recording.name, recording.text);
    session_.send(writer_.assistant_message(m));
}

void Voice::audio_begins(const Utterance&) { index_ = 0; }

std::vector<uint8_t> Voice::encode(const Samples& samples_8k) { return output_pcm(samples_8k, options_.output_rate); }
size_t Voice::bytes_per_second() const { return static_cast<size_t>(options_.output_rate) * 2; }

/// One frame of the speaker; a sample may be cut in two on purpose.
void Voice::audio(const Utterance& sentence, std::span<const uint8_t> piece) {
    std::vector<uint8_t> bytes = std::exchange(odd_, {});
    bytes.insert(bytes.end(), piece.begin(), piece.end());
    if (options_.faults.odd_bytes && bytes.size() % 2 == 0) {
        odd_.assign(1, bytes.back());
        bytes.pop_back();
    }
    number(sentence, std::move(bytes));
}

/// Gives the piece its index and sends it, or spoils the order as the faults say.
void Voice::number(const Utterance& sentence, std::vector<uint8_t> pcm) {
    const Faults& faults = options_.faults;
    const int index = index_++;
    session_.journal().update([&](agent::SessionRecord& r) { r.keep_audio_out(pcm); });
    if (index == faults.skip_index) return;
    std::vector<uint8_t> wav = wav_file(pcm, options_.output_rate, faults);
    if (faults.out_of_order && !held_) {
        held_.emplace(index, std::move(wav));
        return;
    }
    output(sentence, index, wav);
    if (faults.duplicate_index) output(sentence, index, wav);
    flush(sentence);
}

void Voice::output(const Utterance& sentence, int index, const std::vector<uint8_t>& wav) {
    session_.journal().update([&](agent::SessionRecord& r) { r.count_audio_out(wav.size()); });
    session_.send(writer_.audio_output(sentence.id, index, wav));
}

void Voice::flush(const Utterance& sentence) {
    if (held_) output(sentence, held_->first, held_->second);
    held_.reset();
}

void Voice::done(const Utterance& sentence) {
    if (!odd_.empty()) number(sentence, std::exchange(odd_, {}));
    flush(sentence);
    if (options_.faults.text_after_audio) message(sentence);
    if (options_.assistant_prosody) {
        const Recording& recording = *sentence.recording;
        session_.send(writer_.assistant_prosody(sentence.id, prosody_of(recording.name, recording.text)));
    }
    if (sentence.last) session_.send(writer_.assistant_end());
}

void Voice::interrupted(const Utterance& sentence) {
    flush(sentence);
    odd_.clear();
    if (options_.end_after_interruption) session_.send(writer_.assistant_end());
}

}  // namespace trunkline::lab::hume
