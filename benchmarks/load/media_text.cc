// See media_text.h.
#include "benchmarks/load/media_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "engine/core/base64.h"

namespace trunkline::load {
namespace {

constexpr size_t kMaxAudio = 512 * 1024;

char* put(char* at, std::string_view text) {
    std::memcpy(at, text.data(), text.size());
    return at + text.size();
}

char* put(char* at, uint64_t number) { return std::to_chars(at, at + 20, number).ptr; }

char* put(char* at, std::span<const uint8_t> audio) {
    base64_encode(audio, at);
    return at + base64_encoded_size(audio.size());
}

}  // namespace

std::string_view text_field(std::string_view text, std::string_view quoted_key) {
    size_t at = text.find(quoted_key);
    if (at == std::string_view::npos) return {};
    at = text.find_first_not_of(" \t\r\n:", at + quoted_key.size());
    if (at == std::string_view::npos || text[at] != '"') return {};
    const size_t begin = at + 1;
    size_t end = text.find('"', begin);
    while (end != std::string_view::npos && text[end - 1] == '\\') end = text.find('"', end + 1);
    return end == std::string_view::npos ? std::string_view() : text.substr(begin, end - begin);
}

std::span<const uint8_t> base64_field(std::string_view text, std::string_view quoted_key) {
    static thread_local std::array<uint8_t, kMaxAudio> audio;
    std::string_view payload = text_field(text, quoted_key);
    std::string plain;
    if (payload.find('\\') != std::string_view::npos) {  // some writers escape the slash
        plain = payload;
        plain.erase(std::remove(plain.begin(), plain.end(), '\\'), plain.end());
        payload = plain;
    }
    if (base64_decoded_bound(payload.size()) > audio.size()) return {};
    const auto size = base64_decode(payload, audio.data());
    return {audio.data(), size.value_or(0)};
}

size_t write_caller_media(char* out, std::string_view stream_sid, uint64_t sequence, uint64_t chunk,
                          uint64_t timestamp_ms, std::span<const uint8_t> audio) {
    char* at = put(out, R"({"event":"media","sequenceNumber":")");
    at = put(at, sequence);
    at = put(at, R"(","streamSid":")");
    at = put(at, stream_sid);
    at = put(at, R"(","media":{"track":"inbound","chunk":")");
    at = put(at, chunk);
    at = put(at, R"(","timestamp":")");
    at = put(at, timestamp_ms);
    at = put(at, R"(","payload":")");
    at = put(at, audio);
    at = put(at, R"("}})");
    return static_cast<size_t>(at - out);
}

size_t write_line_media(char* out, std::string_view stream_sid, std::span<const uint8_t> audio) {
    char* at = put(out, R"({"event":"media","streamSid":")");
    at = put(at, stream_sid);
    at = put(at, R"(","media":{"payload":")");
    at = put(at, audio);
    at = put(at, R"("}})");
    return static_cast<size_t>(at - out);
}

size_t write_audio_output(char* out, std::string_view id, uint64_t index, std::span<const uint8_t> wav) {
    char* at = put(out, R"({"type":"audio_output","id":")");
    at = put(at, id);
    at = put(at, R"(","index":)");
    at = put(at, index);
    at = put(at, R"(,"data":")");
    at = put(at, wav);
    at = put(at, R"("})");
    return static_cast<size_t>(at - out);
}

}  // namespace trunkline::load
