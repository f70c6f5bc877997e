// Deepgram Voice Agent: Welcome, Settings, SettingsApplied, binary audio both ways, texts around it.
#include <cstring>

#include "benchmarks/load/agent_wire.h"
#include "benchmarks/load/media_text.h"
#include "engine/core/json.h"

namespace trunkline::load {
namespace {

using Kind = AgentWire::Heard::Kind;

std::string format_name(const Json& audio) {
    return audio["encoding"].text_or("?") + "/" + std::to_string(audio["sample_rate"].int_or(0));
}

std::string said(const char* role, const std::string& words) {
    return R"({"type":"ConversationText","role":")" + std::string(role) + R"(","content":")" + words + R"("})";
}

class DeepgramWire final : public AgentWire {
  public:
    explicit DeepgramWire(const Cell& cell) : format_(cell.line().name()) {}

    std::string hello() override { return R"({"type":"Welcome","request_id":"00000000-0000-4000-8000-000000000001"})"; }
    std::string settings_applied() override { return R"({"type":"SettingsApplied"})"; }

    Heard read(WsOpcode opcode, std::span<const uint8_t> payload) override {
        if (opcode == WsOpcode::kBinary) return {Kind::kAudio, payload, {}};
        if (text_field(as_text(payload), "\"type\"") != "Settings") return {};
        const auto settings = Json::parse(as_text(payload));
        const Json audio = settings ? (*settings)["audio"] : Json();
        const std::string in = format_name(audio["input"]), out = format_name(audio["output"]);
        if (in == format_ && out == format_) return {Kind::kSettings, {}, {}};
        return {Kind::kBroken,
                {},
                "the engine asked the agent for " + in + " and " + out + " instead of " + format_ +
                    " both ways: these stamps only survive a pass-through; use a graph that converts nothing"};
    }

    std::vector<std::string> begin_turn(uint32_t turn, bool) override {
        return {said("user", "This is what I ask in turn " + std::to_string(turn)),
                said("assistant", "And this is the answer of turn " + std::to_string(turn))};
    }

    WsBuilt write_audio(char* out, std::span<const uint8_t> audio) override {
        std::memcpy(out, audio.data(), audio.size());
        return {WsOpcode::kBinary, audio.size()};
    }
    size_t most_audio() const override { return FrameBuilder::kCapacity; }
    std::string end_turn() override { return R"({"type":"AgentAudioDone"})"; }

  private:
    std::string format_;
};

}  // namespace

std::unique_ptr<AgentWire> deepgram_wire(const Cell& cell) { return std::make_unique<DeepgramWire>(cell); }

std::unique_ptr<AgentWire> agent_wire(const Cell& cell) {
    return cell.backend == BackendKind::kDeepgram ? deepgram_wire(cell) : hume_wire(cell);
}

}  // namespace trunkline::load
