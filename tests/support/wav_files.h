#pragma once
// WAV files in memory, well-formed and otherwise, as streaming writers make them.
#include <cstdint>
#include <optional>
#include <string>

namespace trunkline::test {

inline void put_u32(std::string& out, uint32_t v) {
    for (int i = 0; i < 4; ++i) out.push_back(static_cast<char>(v >> (8 * i)));
}
inline void put_u16(std::string& out, unsigned v) {
    out.push_back(static_cast<char>(v & 0xFF));
    out.push_back(static_cast<char>(v >> 8));
}
struct WavShape {
    int rate = 48'000, channels = 1;
    bool list = false;                    ///< a LIST chunk of odd size before the data
    bool extensible = false;              ///< a `fmt ` chunk of 40 bytes
    std::optional<uint32_t> data_size{};  ///< what the header claims
    std::string trailer{};                ///< chunks behind the data
};
inline std::string wav_of(const std::string& pcm, const WavShape& shape = {}) {
    std::string w = "RIFF";
    put_u32(w, 0xFFFFFFFF);
    w += "WAVEfmt ";
    put_u32(w, shape.extensible ? 40 : 16);
    put_u16(w, shape.extensible ? 0xFFFE : 1);
    put_u16(w, static_cast<unsigned>(shape.channels));
    put_u32(w, static_cast<uint32_t>(shape.rate));
    put_u32(w, static_cast<uint32_t>(shape.rate * shape.channels * 2));
    put_u16(w, static_cast<unsigned>(shape.channels * 2));
    put_u16(w, 16);
    if (shape.extensible) {
        put_u16(w, 22);
        put_u16(w, 16);
        put_u32(w, 4);
        put_u16(w, 1);
        w += std::string("\x00\x00\x00\x00\x10\x00\x80\x00\x00\xAA\x00\x38\x9B\x71", 14);
    }
    if (shape.list) {
        w += "LIST";
        put_u32(w, 5);
        w += std::string("INFOx\0", 6);  // padded
    }
    w += "data";
    put_u32(w, shape.data_size.value_or(static_cast<uint32_t>(pcm.size())));
    return w + pcm + shape.trailer;
}

}  // namespace trunkline::test
