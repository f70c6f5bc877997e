#pragma once
// humeevi in the rig of agent_rig.h, against a scripted EVI; and the messages and WAV files EVI sends.
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "elements/hume/humeevi.h"
#include "engine/core/base64.h"
#include "engine/core/json.h"
#include "tests/support/agent_rig.h"
#include "tests/support/wav_files.h"

namespace trunkline::test {

inline constexpr const char* kCaller16 = "audio/x-raw, format=S16LE, layout=interleaved, rate=16000, channels=1";

inline AgentScript hume_script() {
    AgentScript script;
    script.path = "/v0/evi/chat";
    script.hello = R"({"type":"chat_metadata","chat_id":"c-#","chat_group_id":"g-1","request_id":"r-1"})";
    script.settings_type = "session_settings";
    script.applied.clear();
    return script;
}

struct HumeRigOptions {
    AgentScript script = hume_script();
    std::map<std::string, std::string> properties{};
    bool call = true;
    const char* caller_caps = kCaller16;
    const char* line_caps = nullptr;
    bool events = true;
};

class HumeRig : public AgentRig {
  public:
    explicit HumeRig(HumeRigOptions o = {})
        : AgentRig({.type = TRUNKLINE_TYPE_HUME_EVI,
                    .settings_message = "session_settings",
                    .script = std::move(o.script),
                    .properties = std::move(o.properties),
                    .call = o.call,
                    .caller_caps = o.caller_caps,
                    .line_caps = o.line_caps,
                    .events = o.events}) {}
    /// The caller's audio as the server got it, decoded from audio_input.
    std::string heard(int connection = 0) const {
        std::string all;
        for (const std::string& text : server.log().texts("audio_input", connection)) {
            const auto bytes = base64_decode(Json::parse(text).value()["data"].text_or(""));
            if (bytes) all.append(bytes->begin(), bytes->end());
        }
        return all;
    }
    bool wait_heard(size_t bytes) const {
        return server.wait([&](const ScriptedAgent::Log& log) {
            size_t count = 0;
            for (const std::string& text : log.texts("audio_input")) {
                const auto got = base64_decode(Json::parse(text).value()["data"].text_or(""));
                count += got ? got->size() : 0;
            }
            return count >= bytes;
        });
    }
    /// A marker went to the server and an answer came back: all before it has been handled.
    bool settle() {
        const size_t before = facts("tool.call").size();
        server.text(R"({"type":"tool_call","tool_call_id":"settle-)" + std::to_string(before) +
                    R"(","name":"settle","parameters":"{}","response_required":false,"tool_type":"builtin"})");
        return wait_fact("tool.call", before + 1);
    }
};

inline std::string audio_output(const std::string& id, int index, const std::string& wav) {
    JsonWriter w;
    w.begin_object().field("type", "audio_output").field("id", id).field("index", index);
    w.field("data", base64_encode({reinterpret_cast<const uint8_t*>(wav.data()), wav.size()}));
    return w.end().take();
}
inline std::string assistant_message(const std::string& id, const std::string& text) {
    return R"({"type":"assistant_message","id":")" + id + R"(","from_text":false,"is_quick_response":false,)" +
           R"("message":{"role":"assistant","content":")" + text + R"("},"models":{}})";
}
inline std::string user_message(const std::string& text, bool interim = false, const std::string& scores = "",
                                bool from_text = false) {
    return std::string(R"({"type":"user_message","from_text":)") + (from_text ? "true" : "false") + R"(,"interim":)" +
           (interim ? "true" : "false") + R"(,"message":{"role":"user","content":")" + text + R"("},"models":{)" +
           (scores.empty() ? "" : R"("prosody":{"scores":{)" + scores + "}}") + R"(},"time":{"begin":1,"end":2}})";
}
inline constexpr const char* kAssistantEnd = R"({"type":"assistant_end"})";
inline constexpr const char* kUserInterruption = R"({"type":"user_interruption","time":1760000000123})";

/// 20 ms of one value at 48 kHz.
inline std::string pcm48(char value) { return std::string(1920, value); }

}  // namespace trunkline::test
