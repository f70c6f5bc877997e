#pragma once
// What the assistant says: a queue of sentences, each with its text, its audio in numbered pieces and its prosody.
//
//   assistant_message → audio_output 0, 1, … → assistant_prosody   per sentence, then assistant_end
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lab/agent/journal.h"
#include "lab/agent/speaker.h"
#include "lab/agent/timers.h"
#include "lab/hume/link.h"
#include "lab/hume/messages.h"
#include "lab/hume/options.h"
#include "lab/speech/library.h"

namespace trunkline::lab::hume {

class Voice {
  public:
    Voice(Link& link, const Writer& writer, agent::Timers& timers, agent::Journal& journal, const HumeOptions& options,
          std::shared_ptr<SpeechLibrary> library);

    /// After what is being said. Prompt names or text; the first sound of an idle voice comes after `audio_delay` ms.
    void say(const std::vector<std::string>& lines, bool from_text, double audio_delay);
    /// Between the first assistant_message and assistant_end.
    bool in_progress() const { return current_.has_value() || !queue_.empty(); }
    /// Drops what is not sent, but for `late_ms` of the sentence, which are sent now.
    void interrupt(int late_ms);
    void stop();  ///< sends nothing more
    /// Called after every assistant_end.
    std::function<void()> on_end;

  private:
    struct Sentence {
        RecordingPtr recording;
        std::string id;
        bool from_text = false;
        bool last = true;  ///< of its reply: assistant_end follows
        double audio_delay = 0;
    };
    void next();
    void play();
    void finished();
    void message();
    void piece(std::span<const uint8_t> pcm);
    void number(std::vector<uint8_t> pcm);
    void output(int index, const std::vector<uint8_t>& wav);
    void flush();

    Link& link_;
    const Writer& writer_;
    agent::Timers& timers_;
    agent::Journal& journal_;
    const HumeOptions& options_;
    std::shared_ptr<SpeechLibrary> library_;
    agent::Speaker speaker_;
    std::deque<Sentence> queue_;
    std::optional<Sentence> current_;
    agent::Timers::Id waiting_ = 0;
    int index_ = 0;                                             // of the next audio_output
    std::vector<uint8_t> odd_;                                  // fault: the byte that belongs to the next piece
    std::optional<std::pair<int, std::vector<uint8_t>>> held_;  // fault: sent after its successor
    size_t total_ = 0;
};

}  // namespace trunkline::lab::hume
