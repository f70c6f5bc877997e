#pragma once
// Vonage's media socket, text messages only: text to structs and back. No sockets, no GStreamer. Audio comes in binary
// messages of little-endian 16-bit samples, which need no reading. Texts may begin with spaces, a key press has three
// forms, unknown events and fields are ignored, and nothing read here is trusted before it was checked.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/result.h"

namespace trunkline::vonage {

enum class EventKind { kConnected, kDtmf, kCleared, kNotify, kMediaUpdate, kUnknown };

struct Message {
    EventKind kind = EventKind::kUnknown;
    char digit = 0;      ///< kDtmf
    std::string mark;    ///< kNotify: payload.id; "" when the payload is not one of ours
    bool active = true;  ///< kMediaUpdate
};

/// The first message: the format, and the headers that the answer document gave the endpoint, flattened into it.
struct ConnectedMessage {
    std::string content_type;
    int rate = 0;     ///< 8000, 16000 or 24000
    std::string leg;  ///< the call's uuid, from the header of that name; "" when there was none
    /// All other headers. The names that Vonage itself uses are never among them.
    std::vector<std::pair<std::string, std::string>> headers;
};

/// The header of the endpoint that carries the caller's uuid.
inline constexpr std::string_view kLegHeader = "leg";

/// Parses one text frame. Errors: "not-json", "bad-dtmf", "bad-update".
Result<Message> parse(std::string_view text);
/// The first message in full. Error "bad-connected" says what is missing; an unknown rate is one.
Result<ConnectedMessage> parse_connected(std::string_view text);
/// "audio/l16;rate=16000" → 16000; 0 when it is no such format.
int rate_of(std::string_view content_type);

/// Writers append to `out`; `mark` is escaped and comes back as Message::mark when all before it was played.
void write_notify(std::string_view mark, std::string& out);
void write_clear(std::string& out);

}  // namespace trunkline::vonage
