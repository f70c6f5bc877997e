#include "lab/hume/voice.h"

#include <glib.h>

#include "lab/hume/audio.h"

namespace trunkline::lab::hume {
namespace {

std::string new_id() {
    char* uuid = g_uuid_string_random();
    std::string out = uuid;
    g_free(uuid);
    return out;
}

}  // namespace

Voice::Voice(Link& link, const Writer& writer, agent::Timers& timers, agent::Journal& journal,
             const HumeOptions& options, std::shared_ptr<SpeechLibrary> library)
    : link_(link),
      writer_(writer),
      timers_(timers),
      journal_(journal),
      options_(options),
      library_(std::move(library)),
      speaker_(timers, options.pacing, [this](std::span<const uint8_t> pcm) { piece(pcm); }) {}

void Voice::say(const std::vector<std::string>& lines, bool from_text, double audio_delay) {
    std::vector<Sentence> made;
    for (const std::string& line : lines) {
        auto recording = library_->speech(line);
        if (!recording) {
            journal_.event("said", "cannot say '" + line + "': " + recording.error().message);
            continue;
        }
        made.push_back({*recording, new_id(), from_text, false, made.empty() ? audio_delay : 0});
    }
    if (made.empty()) return;
    made.back().last = true;
    const bool idle = !in_progress();
    queue_.insert(queue_.end(), made.begin(), made.end());
    if (idle) next();
}

void Voice::next() {
    if (queue_.empty()) return;
    current_ = std::move(queue_.front());
    queue_.pop_front();
    if (!options_.faults.text_after_audio) message();
    waiting_ = timers_.after(current_->audio_delay, [this] {
        waiting_ = 0;
        play();
    });
}

void Voice::message() {
    const Recording& recording = *current_->recording;
    AssistantMessage m{current_->id, recording.text, std::nullopt, current_->from_text};
    if (options_.message_prosody) m.prosody = prosody_of(recording.name, recording.text);
    link_.send(writer_.assistant_message(m));
}

void Voice::play() {
    index_ = 0;
    const Recording& recording = *current_->recording;
    std::vector<uint8_t> pcm = output_pcm(recording.samples, options_.output_rate);
    total_ = pcm.size();
    const double at = journal_.now_ms();
    journal_.update([&](agent::SessionRecord& r) {
        r.said.push_back({at, recording.name, recording.text, 0, pcm.size(), false});
    });
    journal_.event("said", recording.name + ": " + recording.text);
    speaker_.play(std::move(pcm), static_cast<size_t>(options_.output_rate) * 2, [this] { finished(); });
}

/// One frame of the speaker; a sample may be cut in two on purpose.
void Voice::piece(std::span<const uint8_t> pcm) {
    if (options_.faults.drop_mid_speech && speaker_.sent() >= total_ / 2) return link_.drop();
    std::vector<uint8_t> bytes = std::move(odd_);
    odd_.clear();
    bytes.insert(bytes.end(), pcm.begin(), pcm.end());
    if (options_.faults.odd_bytes && bytes.size() % 2 == 0) {
        odd_.assign(1, bytes.back());
        bytes.pop_back();
    }
    number(std::move(bytes));
}

/// Gives the piece its index and sends it, or spoils the order as the faults say.
void Voice::number(std::vector<uint8_t> pcm) {
    const Faults& faults = options_.faults;
    const int index = index_++;
    journal_.update([&](agent::SessionRecord& r) {
        constexpr size_t kMaxKept = 8U << 20;
        if (r.audio_out.size() + pcm.size() <= kMaxKept) r.audio_out.insert(r.audio_out.end(), pcm.begin(), pcm.end());
    });
    if (index == faults.skip_index) return;
    std::vector<uint8_t> wav = wav_file(pcm, options_.output_rate, faults);
    if (faults.out_of_order && !held_) {
        held_.emplace(index, std::move(wav));
        return;
    }
    output(index, wav);
    if (faults.duplicate_index) output(index, wav);
    flush();
}

void Voice::output(int index, const std::vector<uint8_t>& wav) {
    if (!current_) return;
    journal_.update([&](agent::SessionRecord& r) {
        ++r.audio_frames_out;
        r.audio_bytes_out += static_cast<int64_t>(wav.size());
    });
    link_.send(writer_.audio_output(current_->id, index, wav));
}

void Voice::flush() {
    if (!held_) return;
    output(held_->first, held_->second);
    held_.reset();
}

void Voice::finished() {
    if (!odd_.empty()) number(std::exchange(odd_, {}));
    flush();
    journal_.update([](agent::SessionRecord& r) {
        if (!r.said.empty()) r.said.back().bytes_sent = r.said.back().bytes_total;
    });
    if (options_.faults.text_after_audio) message();
    const Sentence done = *current_;
    if (options_.assistant_prosody) {
        link_.send(writer_.assistant_prosody(done.id, prosody_of(done.recording->name, done.recording->text)));
    }
    current_.reset();
    if (done.last) link_.send(writer_.assistant_end());
    if (done.last && on_end) on_end();
    if (!current_) next();
}

void Voice::interrupt(int late_ms) {
    queue_.clear();
    if (!current_) return;
    const bool unfinished = speaker_.sending();
    timers_.cancel(waiting_);
    const bool begun = waiting_ == 0;
    waiting_ = 0;
    const size_t sent = speaker_.stop(begun ? late_ms : 0);
    flush();
    odd_.clear();
    current_.reset();
    journal_.update([&](agent::SessionRecord& r) {
        if (!begun || r.said.empty()) return;
        r.said.back().interrupted = unfinished;
        r.said.back().bytes_sent = sent;
    });
    if (options_.end_after_interruption) link_.send(writer_.assistant_end());
}

void Voice::stop() {
    queue_.clear();
    timers_.cancel(waiting_);
    waiting_ = 0;
    speaker_.stop();
    held_.reset();
    current_.reset();
}

}  // namespace trunkline::lab::hume
