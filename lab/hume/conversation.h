#pragma once
// One conversation: hears turns, thinks for a while, calls tools, answers with speech.
//
//   speech over a reply, long enough → user_interruption, the rest of the reply is dropped
//   on_hearing → [stt] user_message → [think] tool_call … → assistant_message → [speak] audio_output … → assistant_end
#include <optional>
#include <string>

#include "lab/agent/conversation.h"
#include "lab/hume/tools.h"
#include "lab/hume/voice.h"

namespace trunkline::lab::hume {

class Conversation : public agent::Conversation {
  public:
    Conversation(agent::Session& session, const HumeOptions& options, const Writer& writer, bool verbose);

    void greet();
    /// `resampled`: they were declared at another rate, so the client has converted a telephone's.
    void hear(std::span<const int16_t> samples_8k, bool resampled);
    void user_input(const std::string& text);
    void assistant_input(const std::string& text) { voice_.say({text}, {true}); }
    void pause();
    void resume();
    Tools& tools() { return tools_; }
    void say(const std::string& line) override { voice_.say({line}, {}); }
    void user_speaks() override { interruption(true); }
    /// Does anybody speak, or is a reply on its way? What the inactivity timeout looks at.
    bool active() const { return listener_.speaking() || voice_.busy() || pending_ > 0; }
    bool user_active() const { return listener_.speaking() || pending_ > 0; }
    void finish() override;

  private:
    struct Turn {
        std::string name;
        std::string text;
        agent::TurnLatency latency;
    };
    void heard(const Hearing& hearing) override;
    /// The caller has spoken long enough; nothing is told when nothing is being said, unless `always`.
    void interruption(bool always);
    void interim();
    void turn(Turn turn, const UserMessage& message);
    void answer(const Turn& turn);
    void respond(const agent::Reply& reply, const agent::TurnLatency& latency) override;
    void spoken_reply(const agent::Reply& reply, const Tools::Outcome& outcome, double audio_delay);

    const HumeOptions& options_;
    const Writer& writer_;
    const bool verbose_;
    Voice voice_;
    Tools tools_;
    int64_t onset_ = 0;         // of the speech that is heard now
    int64_t next_interim_ = 0;  // stream position
    bool confirmed_ = false;    // it was long enough to interrupt
    int pending_ = 0;           // turns whose user_message is not sent yet
    bool paused_ = false;
    std::optional<Turn> unanswered_;  // while paused, the last one
    bool hang_up_ = false;            // after the present reply
};

}  // namespace trunkline::lab::hume
