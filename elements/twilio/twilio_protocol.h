#pragma once
// Twilio Media Streams, messages only: text to structs and back. No sockets, no GStreamer. Counters may be strings or
// numbers, unknown events and fields are ignored, and nothing read here is trusted before it was checked.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/result.h"

namespace trunkline::twilio {

enum class EventKind { kConnected, kStart, kMedia, kDtmf, kMark, kStop, kUnknown };

struct StartMessage {
    std::string stream_sid;  ///< checked: 1…64 letters and digits, so that it can be written back as it is
    std::string account_sid;
    std::string call_sid;
    std::string encoding;
    int rate = 0;
    int channels = 0;
    bool inbound = false;
    bool outbound = false;  ///< only on <Start> streams, where nothing may be sent
    std::vector<std::pair<std::string, std::string>> params;
};

/// One message; the views live until the next parse() on the same thread.
struct Message {
    EventKind kind = EventKind::kUnknown;
    std::string_view event;
    uint64_t sequence = 0;  ///< 0 when missing
    std::string_view stream_sid;
    bool outbound_track = false;     ///< kMedia
    int64_t timestamp_ms = -1;       ///< kMedia: since the stream's start; −1 when missing
    std::span<const uint8_t> audio;  ///< kMedia: μ-law, decoded from base64
    std::string_view text;           ///< kDtmf: the digit; kMark: the name
};

/// Parses one text frame. Errors: "not-json", "no-event", "bad-media" (no payload or not base64), "bad-dtmf",
/// "bad-mark".
Result<Message> parse(std::string_view text);
/// The `start` message in full. Errors: "bad-start" names the field.
Result<StartMessage> parse_start(std::string_view text);

/// Writers append to `out`. `audio` must not be empty; `name` is escaped.
void write_media(std::string_view stream_sid, std::span<const uint8_t> audio, std::string& out);
void write_mark(std::string_view stream_sid, std::string_view name, std::string& out);
void write_clear(std::string_view stream_sid, std::string& out);

}  // namespace trunkline::twilio
