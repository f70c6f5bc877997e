#include "elements/hume/wav.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace trunkline::hume {
namespace {

constexpr size_t kChunkHeader = 8;
constexpr uint16_t kPcm = 1;
constexpr uint16_t kExtensible = 0xFFFE;

uint32_t u32(std::span<const uint8_t> b, size_t at) {
    return static_cast<uint32_t>(b[at]) | static_cast<uint32_t>(b[at + 1]) << 8 |
           static_cast<uint32_t>(b[at + 2]) << 16 | static_cast<uint32_t>(b[at + 3]) << 24;
}
uint16_t u16(std::span<const uint8_t> b, size_t at) { return static_cast<uint16_t>(b[at] | (b[at + 1] << 8)); }
bool is(std::span<const uint8_t> b, size_t at, const char* id) {
    return b.size() >= at + 4 && std::memcmp(b.data() + at, id, 4) == 0;
}

Result<Wav> read_format(std::span<const uint8_t> fmt) {
    if (fmt.size() < 16) return fail("bad-wav", "the WAV's `fmt ` chunk has " + std::to_string(fmt.size()) + " bytes");
    uint16_t code = u16(fmt, 0);
    if (code == kExtensible && fmt.size() >= 26) code = u16(fmt, 24);
    const unsigned channels = u16(fmt, 2), bits = u16(fmt, 14);
    const uint32_t rate = u32(fmt, 4);
    if (code != kPcm || bits != 16) {
        return fail("wav-format", "the WAV holds format " + std::to_string(code) + " with " + std::to_string(bits) +
                                      " bits; only 16-bit PCM is read");
    }
    if (channels < 1 || channels > 8 || rate < 8'000 || rate > 192'000) {
        return fail("wav-format", "the WAV has " + std::to_string(channels) + " channels at " + std::to_string(rate) +
                                      " Hz; 1 to 8 channels at 8000 to 192000 Hz are read");
    }
    return Wav{static_cast<int>(rate), static_cast<int>(channels), {}};
}

/// A `data` size of 0 is a true one when the chunks behind it fill the file exactly.
bool chunks_fill(std::span<const uint8_t> rest) {
    while (rest.size() >= kChunkHeader) {
        if (!std::all_of(rest.begin(), rest.begin() + 4, [](uint8_t c) { return c >= ' ' && c < 0x7F; })) return false;
        const size_t size = u32(rest, 4);
        const size_t padded = size + size % 2;
        if (size > rest.size() - kChunkHeader) return false;
        rest = rest.subspan(std::min(rest.size(), kChunkHeader + padded));
    }
    return rest.empty();
}

}  // namespace

Result<Wav> read_wav(std::span<const uint8_t> file) {
    if (file.size() < 12 || !is(file, 0, "RIFF") || !is(file, 8, "WAVE")) {
        return fail("not-wav", "the audio does not begin with a RIFF/WAVE header");
    }
    // The size in the RIFF header is not looked at: who streams does not know it.
    Result<Wav> wav = fail("bad-wav", "the WAV has no `fmt ` chunk before its `data`");
    size_t at = 12;
    while (file.size() - at >= kChunkHeader) {
        const size_t size = u32(file, at + 4);
        const auto rest = file.subspan(at + kChunkHeader);
        const auto body = rest.first(std::min(size, rest.size()));
        if (is(file, at, "data")) {
            if (!wav) return wav;
            wav->samples = size == 0 && !chunks_fill(rest) ? rest : body;
            return wav;
        }
        if (is(file, at, "fmt ")) {
            wav = read_format(body);
            if (!wav) return wav;
        }
        // A chunk of odd size is followed by a byte of padding.
        at += kChunkHeader + std::min(size + size % 2, rest.size());
    }
    return fail("bad-wav", "the WAV has no `data` chunk");
}

std::vector<uint8_t> first_channel(const Wav& wav) {
    const size_t frame = 2 * static_cast<size_t>(wav.channels);
    std::vector<uint8_t> mono(wav.samples.size() / frame * 2);
    for (size_t i = 0; i < mono.size() / 2; ++i) {
        mono[2 * i] = wav.samples[i * frame];
        mono[2 * i + 1] = wav.samples[i * frame + 1];
    }
    return mono;
}

}  // namespace trunkline::hume
