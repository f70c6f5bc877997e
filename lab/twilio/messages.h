#pragma once
// The JSON messages of a media stream: writes what the carrier sends, and judges strictly what the server sends.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "lab/twilio/signature.h"
#include "lab/twilio/violation.h"

namespace trunkline::lab {

/// What a stream says of itself in every message.
struct StreamIdentity {
    std::string stream_sid;
    std::string account_sid;
    std::string call_sid;
};

/// Writes the carrier's messages and numbers them: sequenceNumber rises by one over all kinds, from "1" at `start`.
class MessageWriter {
  public:
    /// `counters_as_numbers` writes the counters bare, as clones of the carrier do.
    MessageWriter(StreamIdentity identity, bool counters_as_numbers)
        : identity_(std::move(identity)), bare_(counters_as_numbers) {}

    static std::string connected();
    std::string start(const std::vector<std::string>& tracks, const FormFields& parameters,
                      const std::string& call_sid_told);
    /// `timestamp_ms` since the stream began; `chunk` counts from 1.
    std::string media(std::string_view track, uint64_t chunk, int64_t timestamp_ms, std::span<const uint8_t> payload);
    /// The same with the payload's text as given, which need not be base64.
    std::string media_raw(std::string_view track, uint64_t chunk, int64_t timestamp_ms, std::string_view payload);
    std::string dtmf(char digit);
    std::string mark(const std::string& name);
    std::string stop();
    std::string unknown_event();
    uint64_t sequence() const { return sequence_; }  ///< of the message written last

  private:
    std::string head(std::string_view event);
    std::string number(uint64_t value) const;
    StreamIdentity identity_;
    bool bare_;
    uint64_t sequence_ = 0;
};

struct ServerMessage {
    enum class Kind { kMedia, kMark, kClear };
    Kind kind = Kind::kClear;
    std::vector<uint8_t> audio;  ///< μ-law, of kMedia
    std::string mark;            ///< name, of kMark
};

/// Exactly the keys the protocol knows, the right streamSid, base64 without a file header; else a Violation.
tl::expected<ServerMessage, Violation> read_server_message(std::string_view text, const std::string& stream_sid);

}  // namespace trunkline::lab
