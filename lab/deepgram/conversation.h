#pragma once
// One conversation after SettingsApplied: hears turns, thinks for a while, calls functions, answers with speech.
//
//   on_speech  → stop audio, cancel the pending reply → UserStartedSpeaking
//   on_hearing → [stt] ConversationText user → [think] AgentThinking, functions → ConversationText assistant
//                → [speak] audio → AgentAudioDone → LatencyReport
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "lab/agent/brain.h"
#include "lab/agent/journal.h"
#include "lab/agent/latency.h"
#include "lab/agent/speaker.h"
#include "lab/deepgram/functions.h"
#include "lab/deepgram/link.h"
#include "lab/speech/listener.h"

namespace trunkline::lab::deepgram {

using agent::LatencyModel;
using agent::Mind;
using agent::SessionRecord;
using agent::Speaker;
using agent::TurnLatency;

class Conversation {
  public:
    Conversation(Link& link, Timers& timers, Journal& journal, const DeepgramOptions& options, Settings settings,
                 std::shared_ptr<SpeechLibrary> library, std::shared_ptr<const KnownSpeech> known);

    /// Speaks the greeting after `delay_ms`.
    void greet(double delay_ms);
    void hear(std::span<const int16_t> samples_8k) { listener_.hear(samples_8k); }
    void inject_user(const std::string& text);
    void inject_agent(const std::string& text, const std::string& behavior);
    Functions& functions() { return functions_; }
    /// Says a line whatever the state, after what is being said.
    void say(const std::string& line) { enqueue({line}, {}, false); }
    void call(const FunctionPlan& plan);
    /// As if the caller had begun to speak.
    void user_started_speaking();
    /// The session is over: judges what was heard last, sends nothing.
    void finish();

  private:
    struct Utterance {
        RecordingPtr recording;
        Latencies latencies;
        bool report = false;     ///< LatencyReport after it
        bool last = true;        ///< of its reply: AgentAudioDone follows
        double audio_delay = 0;  ///< between its text and its first audio
    };
    void heard(const Hearing& hearing);
    void turn(const std::string& name, const std::string& text);
    void respond(const Reply& reply, const TurnLatency& latency);
    void spoken_reply(const Reply& reply, const Functions::Outcome& outcome, const TurnLatency& latency,
                      double tool_ms);
    void enqueue(const std::vector<std::string>& lines, const Latencies& latencies, bool report,
                 double audio_delay = 0);
    void next();
    void play(const Utterance& utterance);
    void audio(std::span<const uint8_t> bytes);
    void finished(const Utterance& utterance);
    void interrupt();
    void text(const std::string& role, const std::string& content);
    bool busy() const { return current_ || !queue_.empty() || speaker_.sending(); }
    /// Runs `action` after `ms` unless the caller has spoken in between.
    void later(double ms, std::function<void()> action);

    Link& link_;
    Timers& timers_;
    Journal& journal_;
    const DeepgramOptions& options_;
    Settings settings_;
    std::shared_ptr<SpeechLibrary> library_;
    Listener listener_;
    Mind mind_;
    LatencyModel latency_;
    Functions functions_;
    Speaker speaker_;
    std::deque<Utterance> queue_;
    bool current_ = false;           ///< an utterance's text was sent and its audio is not over
    unsigned generation_ = 0;        ///< grows with every interruption; pending replies of older ones are void
    size_t total_ = 0;               ///< bytes of the present utterance
    bool hang_up_ = false;           ///< after the present reply
    std::vector<std::string> held_;  ///< injected with behavior queue while the caller spoke
};

}  // namespace trunkline::lab::deepgram
