#pragma once
// One conversation: hears turns, thinks for a while, calls tools, answers with speech.
//
//   speech over a reply, long enough → user_interruption, the rest of the reply is dropped
//   on_hearing → [stt] user_message → [think] tool_call … → assistant_message → [speak] audio_output … → assistant_end
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lab/agent/brain.h"
#include "lab/agent/journal.h"
#include "lab/agent/latency.h"
#include "lab/hume/tools.h"
#include "lab/hume/voice.h"
#include "lab/speech/listener.h"

namespace trunkline::lab::hume {

class Conversation {
  public:
    Conversation(Link& link, const Writer& writer, agent::Timers& timers, agent::Journal& journal,
                 const HumeOptions& options, bool verbose, std::shared_ptr<SpeechLibrary> library,
                 std::shared_ptr<const KnownSpeech> known);

    void greet();
    /// `resampled`: they were declared at another rate, so the client has converted a telephone's.
    void hear(std::span<const int16_t> samples_8k, bool resampled);
    void user_input(const std::string& text);
    void assistant_input(const std::string& text) { voice_.say({text}, true, 0); }
    void pause();
    void resume();
    Tools& tools() { return tools_; }
    void say(const std::string& line) { voice_.say({line}, false, 0); }
    void call(const agent::FunctionPlan& plan);
    /// As if the caller had spoken long enough; nothing when nothing is being said, unless `always`.
    void interruption(bool always);
    /// Does anybody speak, or is a reply on its way? What the inactivity timeout looks at.
    bool active() const { return listener_.speaking() || voice_.in_progress() || pending_ > 0; }
    bool user_active() const { return listener_.speaking() || pending_ > 0; }
    /// The session is over: judges what was heard last, sends nothing.
    void finish();

  private:
    struct Turn {
        std::string name;
        std::string text;
        agent::TurnLatency latency;
    };
    void heard(const Hearing& hearing);
    void interim();
    void turn(Turn turn, const UserMessage& message);
    void respond(const Turn& turn);
    void act(const agent::Reply& reply, const agent::TurnLatency& latency);
    void spoken_reply(const agent::Reply& reply, const Tools::Outcome& outcome, double audio_delay);

    Link& link_;
    const Writer& writer_;
    agent::Timers& timers_;
    agent::Journal& journal_;
    const HumeOptions& options_;
    const bool verbose_;
    std::shared_ptr<SpeechLibrary> library_;
    Listener listener_;
    agent::Mind mind_;
    agent::LatencyModel latency_;
    Voice voice_;
    Tools tools_;
    int64_t onset_ = 0;         // of the speech that is heard now
    int64_t next_interim_ = 0;  // stream position
    bool confirmed_ = false;    // it was long enough to interrupt
    unsigned generation_ = 0;   // grows with every turn and interruption; pending replies of older ones are void
    int pending_ = 0;           // turns whose user_message is not sent yet
    bool paused_ = false;
    std::optional<Turn> unanswered_;  // while paused, the last one
    bool hang_up_ = false;            // after the present reply
};

}  // namespace trunkline::lab::hume
