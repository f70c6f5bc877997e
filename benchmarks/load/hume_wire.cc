// Hume EVI: chat_metadata, session_settings, audio_input; messages with all scores, replies as WAV files in JSON.
#include <array>
#include <cstring>

#include "benchmarks/load/agent_wire.h"
#include "benchmarks/load/media_text.h"
#include "engine/core/json.h"
#include "lab/hume/prosody.h"

namespace trunkline::load {
namespace {

using Kind = AgentWire::Heard::Kind;

constexpr size_t kHeader = 44;
constexpr size_t kMostAudio = 32'000;  // a third of a second; as base64 it fits into one message

/// All 48, as EVI sends them with every message: to read and to store them is part of what a turn costs.
const std::string& models() {
    static const std::string text = [] {
        JsonWriter w;
        w.begin_object().key("prosody").begin_object().key("scores").begin_object();
        const auto& names = lab::hume::expression_names();
        for (size_t i = 0; i < names.size(); ++i) w.field(names[i], 0.01171875 + static_cast<double>(i * 37 % 48) / 64);
        return w.end().end().end().take();
    }();
    return text;
}

std::array<uint8_t, kHeader> wav_header(uint32_t rate, size_t bytes) {
    std::array<uint8_t, kHeader> out{};
    const auto put = [&](size_t at, const char* id) { std::memcpy(out.data() + at, id, 4); };
    const auto number = [&](size_t at, uint32_t value, size_t size) {
        for (size_t i = 0; i < size; ++i) out[at + i] = static_cast<uint8_t>(value >> (8 * i));
    };
    put(0, "RIFF");
    number(4, static_cast<uint32_t>(kHeader - 8 + bytes), 4);
    put(8, "WAVE");
    put(12, "fmt ");
    number(16, 16, 4);
    number(20, 1, 2);  // PCM
    number(22, 1, 2);  // mono
    number(24, rate, 4);
    number(28, rate * 2, 4);
    number(32, 2, 2);
    number(34, 16, 2);
    put(36, "data");
    number(40, static_cast<uint32_t>(bytes), 4);
    return out;
}

class HumeWire final : public AgentWire {
  public:
    explicit HumeWire(const Cell& cell) : heard_rate_(cell.up().out.rate), said_rate_(cell.down().in.rate) {}

    std::string hello() override {
        return R"({"type":"chat_metadata","chat_id":"00000000-0000-4000-8000-000000000001",)"
               R"("chat_group_id":"00000000-0000-4000-8000-000000000002","request_id":"load"})";
    }
    std::string settings_applied() override { return {}; }

    Heard read(WsOpcode opcode, std::span<const uint8_t> payload) override {
        if (opcode == WsOpcode::kBinary) return {Kind::kAudio, payload, {}};
        const std::string_view text = as_text(payload), type = text_field(text, "\"type\"");
        if (type == "audio_input") return {Kind::kAudio, base64_field(text, "\"data\""), {}};
        if (type != "session_settings") return {};
        const auto settings = Json::parse(text);
        const Json audio = settings ? (*settings)["audio"] : Json();
        if (!audio.exists()) return {};
        const int64_t rate = audio["sample_rate"].int_or(0);
        if (rate == heard_rate_ && audio["encoding"].text_or("") == "linear16") return {Kind::kSettings, {}, {}};
        return {Kind::kBroken,
                {},
                "the engine will send the agent " + audio["encoding"].text_or("?") + "/" + std::to_string(rate) +
                    ", not linear16/" + std::to_string(heard_rate_) + "; give the rig the rate with --hume-rate"};
    }

    std::vector<std::string> begin_turn(uint32_t turn, bool caller_done) override {
        id_ = "00000000-0000-4000-9000-" + std::to_string(100'000'000'000U + turn);
        index_ = 0;
        std::vector<std::string> out;
        if (caller_done) {
            JsonWriter user = message("user_message", "user", "This is what I ask in turn " + std::to_string(turn));
            user.field("interim", false).key("time").begin_object().field("begin", 0).field("end", 900).end();
            out.push_back(user.end().take());
        }
        JsonWriter answer =
            message("assistant_message", "assistant", "And this is the answer of turn " + std::to_string(turn));
        out.push_back(answer.field("id", id_).field("is_quick_response", false).end().take());
        return out;
    }

    WsBuilt write_audio(char* out, std::span<const uint8_t> audio) override {
        const auto header = wav_header(said_rate_, audio.size());
        file_.assign(header.begin(), header.end());
        file_.insert(file_.end(), audio.begin(), audio.end());
        return {WsOpcode::kText, write_audio_output(out, id_, index_++, file_)};
    }
    size_t most_audio() const override { return kMostAudio; }
    std::string end_turn() override { return R"({"type":"assistant_end"})"; }

  private:
    static JsonWriter message(const char* type, const char* role, const std::string& content) {
        JsonWriter w;
        w.begin_object().field("type", type).field("from_text", false).key("message").begin_object();
        w.field("role", role).field("content", content).end().raw_field("models", models());
        return w;
    }

    uint32_t heard_rate_, said_rate_;
    std::string id_;
    uint64_t index_ = 0;
    std::vector<uint8_t> file_;
};

}  // namespace

std::unique_ptr<AgentWire> hume_wire(const Cell& cell) { return std::make_unique<HumeWire>(cell); }

}  // namespace trunkline::load
