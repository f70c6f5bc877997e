#pragma once
// deepgramagent in the rig of agent_rig.h.
#include <string>

#include "elements/deepgram/deepgramagent.h"
#include "tests/support/agent_rig.h"

namespace trunkline::test {

struct DeepgramRigOptions {
    AgentScript script{};
    std::map<std::string, std::string> properties{};  ///< as gst-launch writes them
    bool call = true;
    const char* caller_caps = kMulawCaps;
    const char* line_caps = nullptr;  ///< what downstream takes; nullptr = anything
    bool events = true;
};

class DeepgramRig : public AgentRig {
  public:
    explicit DeepgramRig(DeepgramRigOptions o = {})
        : AgentRig({.type = TRUNKLINE_TYPE_DEEPGRAM_AGENT,
                    .script = std::move(o.script),
                    .properties = std::move(o.properties),
                    .call = o.call,
                    .caller_caps = o.caller_caps,
                    .line_caps = o.line_caps,
                    .events = o.events}) {}
};

inline constexpr const char* kUserSpoke = R"({"type":"UserStartedSpeaking"})";
inline constexpr const char* kAudioDone = R"({"type":"AgentAudioDone"})";
inline std::string text_of(const char* role, const std::string& text) {
    return R"({"type":"ConversationText","role":")" + std::string(role) + R"(","content":")" + text + "\"}";
}

}  // namespace trunkline::test
