#pragma once
// What the assistant says, on the wire:
//
//   assistant_message → audio_output 0, 1, … → assistant_prosody   per sentence, then assistant_end
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "lab/agent/voice.h"
#include "lab/hume/messages.h"
#include "lab/hume/options.h"

namespace trunkline::lab::hume {

/// Of a reply.
struct Origin {
    bool from_text = false;
};

class Voice : public agent::Voice<Origin> {
  public:
    Voice(agent::Session& session, const HumeOptions& options, const Writer& writer)
        : agent::Voice<Origin>(session, options, options.faults), options_(options), writer_(writer) {}

  private:
    void text(const Utterance& sentence) override;
    void audio_begins(const Utterance& sentence) override;
    std::vector<uint8_t> encode(const Samples& samples_8k) override;
    size_t bytes_per_second() const override;
    void audio(const Utterance& sentence, std::span<const uint8_t> piece) override;
    void done(const Utterance& sentence) override;
    void interrupted(const Utterance& sentence) override;

    void message(const Utterance& sentence);
    void number(const Utterance& sentence, std::vector<uint8_t> pcm);
    void output(const Utterance& sentence, int index, const std::vector<uint8_t>& wav);
    void flush(const Utterance& sentence);

    const HumeOptions& options_;
    const Writer& writer_;
    int index_ = 0;                                             // of the next audio_output
    std::vector<uint8_t> odd_;                                  // fault: the byte that belongs to the next piece
    std::optional<std::pair<int, std::vector<uint8_t>>> held_;  // fault: sent after its successor
};

}  // namespace trunkline::lab::hume
