#pragma once
// Reads and writes the JSON text of a media socket without a JSON parser: the rig's own cost must stay small, and both
// sides are ours or checked elsewhere. Blanks and any order of keys are fine; escaped keys are not.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace trunkline::load {

/// The string value of the first `"key"` anywhere in `text`, still escaped; empty when missing.
/// `quoted_key` has its quotes: "\"event\"".
std::string_view text_field(std::string_view text, std::string_view quoted_key);

/// The base64 value of the first `"key"`, in a buffer that the next call overwrites; empty when there is none.
std::span<const uint8_t> base64_field(std::string_view text, std::string_view quoted_key);

inline std::string_view as_text(std::span<const uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// What Twilio sends for one frame of caller audio. Returns the length.
size_t write_caller_media(char* out, std::string_view stream_sid, uint64_t sequence, uint64_t chunk,
                          uint64_t timestamp_ms, std::span<const uint8_t> audio);
/// What an engine sends to play `audio`. Returns the length.
size_t write_line_media(char* out, std::string_view stream_sid, std::span<const uint8_t> audio);
/// What Hume sends for a piece of a reply: `wav` in JSON. Returns the length.
size_t write_audio_output(char* out, std::string_view id, uint64_t index, std::span<const uint8_t> wav);

}  // namespace trunkline::load
