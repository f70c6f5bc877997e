#pragma once
// What a carrier says and understands on one call: texts and frames. When they are sent is the Caller's business.
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/load/cell.h"
#include "benchmarks/load/ws_channel.h"
#include "engine/core/result.h"

namespace trunkline::load {

/// Where the engine answers, and what signs our requests.
struct Site {
    std::string host;    ///< with the port
    std::string base;    ///< what the engine believes its address to be, for signatures
    std::string path;    ///< of the webhook
    std::string secret;  ///< empty: nothing is signed
};

class CarrierWire {
  public:
    struct Heard {
        enum class Kind { kMedia, kMark, kClear, kBroken } kind = Kind::kBroken;
        std::span<const uint8_t> audio;  ///< of kMedia; valid until the next call
        std::string text;                ///< name of a mark, or what is wrong
    };

    virtual ~CarrierWire() = default;
    /// The request that asks what to do with the call.
    virtual std::string webhook(const Site& site) = 0;
    /// Reads the answer, from which upgrade() and openings() are made.
    virtual Status read_document(const std::string& body) = 0;
    virtual std::string upgrade(const Site& site) = 0;
    virtual std::vector<std::string> openings() = 0;
    /// Writes the caller's frame `index` to `out`.
    virtual WsBuilt write_media(char* out, uint32_t index, std::span<const uint8_t> audio) = 0;
    virtual Heard read(WsOpcode opcode, std::span<const uint8_t> payload) = 0;
    virtual std::string mark_back(const std::string& name) = 0;
    /// Empty: nothing is said.
    virtual std::string cleared() = 0;
    virtual std::string goodbye() = 0;
};

/// `run_id`: 16 hex digits, unlike those of any other run.
std::unique_ptr<CarrierWire> twilio_wire(const std::string& run_id, uint32_t number);
std::unique_ptr<CarrierWire> vonage_wire(const std::string& run_id, uint32_t number, const AudioFormat& line);
std::unique_ptr<CarrierWire> carrier_wire(const Cell& cell, const std::string& run_id, uint32_t number);

}  // namespace trunkline::load
