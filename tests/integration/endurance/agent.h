#pragma once
// Deepgram's side of thousands of short talks, each with a plan of its own: the last part of the address it is dialed
// at is the number of the call. It also is the HTTP endpoint of a tool that never answers.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/endurance/wire.h"

namespace trunkline::test {

struct AgentPlan {
    enum class Door { kOpens, kRefuses401, kRefuses503, kNeverAnswers, kAnswersWrong, kResets };
    enum class Talk { kSpeaks, kIsInterrupted, kCallsTool, kSilent };
    enum class End { kNone, kCloses, kGoesAway, kFin, kReset, kError, kBreaksProtocol };

    Door door = Door::kOpens;
    bool welcomes = true, applies = true;
    Talk talk = Talk::kSpeaks;
    End end = End::kNone;   ///< what follows the talk
    int ends_times = 1000;  ///< connections of a call that end so; the ones after them stay
    bool answers_close = true;
};

class WireAgent {
  public:
    WireAgent(Shard* shard, std::function<const AgentPlan&(int call)> plan_of);
    ~WireAgent();
    uint16_t port() const { return listener_.port(); }
    /// Connections that have not ended. Those that ended are forgotten.
    size_t open();
    /// Drops what is left, like a server that is switched off, and forgets the calls.
    void clear();

  private:
    struct Talk;
    Shard* shard_;
    std::function<const AgentPlan&(int)> plan_of_;
    std::vector<std::unique_ptr<Talk>> talks_;
    std::map<int, int> connections_;  // of each call
    WireListener listener_;
};

}  // namespace trunkline::test
