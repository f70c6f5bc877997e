#pragma once
// What an agent says, one utterance after the other: its text first, its audio after a while and paced. The voice of a
// protocol derives from it and knows what an utterance looks like on the wire.
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lab/agent/faults.h"
#include "lab/agent/options.h"
#include "lab/agent/session.h"
#include "lab/agent/speaker.h"
#include "lab/speech/library.h"

namespace trunkline::lab::agent {

/// `Note` is what a protocol has to know of an utterance besides.
template <class Note>
class Voice {
  public:
    struct Utterance {
        RecordingPtr recording;
        std::string id;
        Note note;
        bool last = false;       ///< of its reply
        double audio_delay = 0;  ///< ms between its text and its first audio
    };

    Voice(Session& session, const AgentOptions& options, const CommonFaults& faults)
        : session_(session),
          faults_(faults),
          speaker_(session.timers(), options.pacing, [this](auto b) { piece(b); }) {}
    virtual ~Voice() = default;
    Voice(const Voice&) = delete;
    Voice& operator=(const Voice&) = delete;

    /// After what is being said. Prompt names or text; the first sound of an idle voice comes after `audio_delay` ms.
    void say(const std::vector<std::string>& lines, const Note& note, double audio_delay = 0);
    /// Is something being said, or about to be?
    bool busy() const { return current_.has_value() || !queue_.empty(); }
    /// Stops and drops what is not sent, then calls `tell`, which may say so to the client. A server that notices too
    /// late (`late_ms`) still sends so much of the utterance afterwards.
    void interrupt(int late_ms = 0, const std::function<void()>& tell = {});
    void stop();  ///< sends nothing more
    /// Is the client still playing what it got, if it plays at once and without gaps?
    bool playing() const { return speaker_.playing(); }
    void flushed() { speaker_.flushed(); }  ///< the client has dropped its queue

    std::function<void()> on_end;  ///< called after every reply

  protected:
    virtual void text(const Utterance& utterance) = 0;            ///< an utterance begins
    virtual void audio_begins(const Utterance& /*utterance*/) {}  ///< its first piece is next
    virtual std::vector<uint8_t> encode(const Samples& samples_8k) = 0;
    virtual size_t bytes_per_second() const = 0;  ///< of what encode() makes
    virtual void audio(const Utterance& utterance, std::span<const uint8_t> piece) = 0;
    virtual void done(const Utterance& utterance) = 0;           ///< all of it was sent
    virtual void interrupted(const Utterance& /*utterance*/) {}  ///< nothing more of it comes
    virtual void unsayable(const std::string& /*why*/) {}        ///< a line is left out
    virtual void idle() {}                                       ///< nothing is left to say

    Session& session_;
    const CommonFaults& faults_;

  private:
    void next();
    void play();
    void piece(std::span<const uint8_t> bytes);
    void finished();

    Speaker speaker_;
    std::deque<Utterance> queue_;
    std::optional<Utterance> current_;
    Timers::Id waiting_ = 0;  // for its audio
    size_t total_ = 0;        // bytes of it
};

template <class Note>
void Voice<Note>::say(const std::vector<std::string>& lines, const Note& note, double audio_delay) {
    std::vector<Utterance> made;
    for (const std::string& line : lines) {
        auto recording = session_.world().library->speech(line);
        if (!recording) {
            session_.journal().event("said", "cannot say '" + line + "': " + recording.error().message);
            unsayable(recording.error().message);
            continue;
        }
        made.push_back({*recording, new_id(), note, false, made.empty() ? audio_delay : 0});
    }
    if (made.empty()) return;
    made.back().last = true;
    const bool was_idle = !busy();
    queue_.insert(queue_.end(), made.begin(), made.end());
    if (was_idle) next();
}

template <class Note>
void Voice<Note>::next() {
    if (queue_.empty()) return idle();
    current_ = std::move(queue_.front());
    queue_.pop_front();
    text(*current_);
    waiting_ = session_.timers().after(current_->audio_delay, [this] {
        waiting_ = 0;
        play();
    });
}

template <class Note>
void Voice<Note>::play() {
    audio_begins(*current_);
    const Recording& recording = *current_->recording;
    std::vector<uint8_t> bytes = encode(recording.samples);
    total_ = bytes.size();
    Journal& journal = session_.journal();
    const double at = journal.now_ms();
    journal.update([&](SessionRecord& r) { r.said.push_back({at, recording.name, recording.text, 0, total_, false}); });
    journal.event("said", recording.name + ": " + recording.text);
    speaker_.play(std::move(bytes), bytes_per_second(), [this] { finished(); });
}

template <class Note>
void Voice<Note>::piece(std::span<const uint8_t> bytes) {
    if (faults_.drop_mid_speech && speaker_.sent() >= total_ / 2) return session_.drop();
    audio(*current_, bytes);
}

template <class Note>
void Voice<Note>::finished() {
    session_.journal().update([](SessionRecord& r) {
        if (!r.said.empty()) r.said.back().bytes_sent = r.said.back().bytes_total;
    });
    done(*current_);
    const bool last = current_->last;
    current_.reset();
    if (last && on_end) on_end();
    if (!session_.over()) next();
}

template <class Note>
void Voice<Note>::interrupt(int late_ms, const std::function<void()>& tell) {
    queue_.clear();
    const bool begun = current_ && waiting_ == 0;
    session_.timers().cancel(std::exchange(waiting_, 0));
    if (begun) {
        const bool unfinished = speaker_.sending();
        const size_t sent = speaker_.cut();
        session_.journal().update([&](SessionRecord& r) {
            if (r.said.empty()) return;
            r.said.back().interrupted = unfinished;
            r.said.back().bytes_sent = sent;
        });
    }
    if (tell) tell();
    if (begun) speaker_.stop(late_ms);
    if (current_) interrupted(*current_);
    current_.reset();
}

template <class Note>
void Voice<Note>::stop() {
    queue_.clear();
    session_.timers().cancel(std::exchange(waiting_, 0));
    speaker_.stop();
    current_.reset();
}

}  // namespace trunkline::lab::agent
