#pragma once
// What the agent says, on the wire:
//
//   ConversationText assistant → audio … → AgentAudioDone → LatencyReport
#include <string>
#include <vector>

#include "lab/agent/voice.h"
#include "lab/deepgram/messages.h"
#include "lab/deepgram/options.h"
#include "lab/deepgram/settings.h"

namespace trunkline::lab::deepgram {

/// Of an utterance's reply.
struct Thought {
    Latencies latencies;
    bool report = false;  ///< LatencyReport after it
};

class Voice : public agent::Voice<Thought> {
  public:
    Voice(agent::Session& session, const DeepgramOptions& options, const Settings& settings)
        : agent::Voice<Thought>(session, options, options.faults), options_(options), settings_(settings) {}

    /// To be said when nothing else is left to say.
    void hold(const std::string& line) { held_.push_back(line); }

  private:
    void text(const Utterance& utterance) override;
    void audio_begins(const Utterance& utterance) override;
    std::vector<uint8_t> encode(const Samples& samples_8k) override;
    size_t bytes_per_second() const override;
    void audio(const Utterance& utterance, std::span<const uint8_t> piece) override;
    void done(const Utterance& utterance) override;
    void unsayable(const std::string& why) override;
    void idle() override;

    const DeepgramOptions& options_;
    const Settings& settings_;
    std::vector<std::string> held_;
};

/// ConversationText, and History when Settings want it.
void send_words(agent::Session& session, const Settings& settings, const std::string& role, const std::string& content);

}  // namespace trunkline::lab::deepgram
