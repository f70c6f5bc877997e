#pragma once
// What a voice-AI backend says and understands on one socket: texts and frames. When they are sent is the
// AgentSession's business.
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "benchmarks/load/cell.h"
#include "benchmarks/load/ws_channel.h"

namespace trunkline::load {

class AgentWire {
  public:
    struct Heard {
        enum class Kind { kNothing, kAudio, kSettings, kBroken } kind = Kind::kNothing;
        std::span<const uint8_t> audio;  ///< of kAudio; valid until the next call
        std::string wrong;               ///< of kBroken
    };

    virtual ~AgentWire() = default;
    /// What is said first, and what the client's settings are answered with; empty: nothing.
    virtual std::string hello() = 0;
    virtual std::string settings_applied() = 0;
    virtual Heard read(WsOpcode opcode, std::span<const uint8_t> payload) = 0;
    /// Before the audio of a turn. `caller_done`: the caller has heard all of the turn before, so that what he says
    /// interrupts nothing.
    virtual std::vector<std::string> begin_turn(uint32_t turn, bool caller_done) = 0;
    virtual WsBuilt write_audio(char* out, std::span<const uint8_t> audio) = 0;
    virtual size_t most_audio() const = 0;  ///< bytes in one message
    virtual std::string end_turn() = 0;
};

std::unique_ptr<AgentWire> deepgram_wire(const Cell& cell);
std::unique_ptr<AgentWire> hume_wire(const Cell& cell);
std::unique_ptr<AgentWire> agent_wire(const Cell& cell);

}  // namespace trunkline::load
