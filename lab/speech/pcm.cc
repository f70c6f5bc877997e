// G.711 by its definition (ITU-T G.711, tables 1a and 2a), as tables made at first use, and levels.
#include "lab/speech/pcm.h"

#include <array>
#include <cmath>

namespace trunkline::lab {
namespace {

constexpr int kULawBias = 0x84;
constexpr int kULawClip = 32635;

int16_t ulaw_expand(uint8_t byte) {
    const int value = ~byte & 0xFF;
    const int exponent = (value >> 4) & 7;
    const int mantissa = value & 15;
    const int magnitude = (((mantissa << 3) + kULawBias) << exponent) - kULawBias;
    return static_cast<int16_t>((value & 0x80) ? -magnitude : magnitude);
}

uint8_t ulaw_compress(int sample) {
    const int sign = sample < 0 ? 0x80 : 0;
    int magnitude = std::abs(sample);
    if (magnitude > kULawClip) magnitude = kULawClip;
    magnitude += kULawBias;
    int exponent = 7;
    for (int mask = 0x4000; exponent > 0 && !(magnitude & mask); mask >>= 1) --exponent;
    const int mantissa = (magnitude >> (exponent + 3)) & 15;
    return static_cast<uint8_t>(~(sign | (exponent << 4) | mantissa));
}

int16_t alaw_expand(uint8_t byte) {
    const int value = byte ^ 0x55;
    const int exponent = (value >> 4) & 7;
    int magnitude = ((value & 15) << 4) + 8;
    if (exponent > 0) magnitude = (magnitude + 0x100) << (exponent - 1);
    return static_cast<int16_t>((value & 0x80) ? magnitude : -magnitude);
}

uint8_t alaw_compress(int sample) {
    const int sign = sample >= 0 ? 0x80 : 0;
    int magnitude = sample >= 0 ? sample : -sample - 1;
    if (magnitude > 32767) magnitude = 32767;
    int exponent = 7;
    for (int mask = 0x4000; exponent > 0 && !(magnitude & mask); mask >>= 1) --exponent;
    const int mantissa = (magnitude >> (exponent == 0 ? 4 : exponent + 3)) & 15;
    return static_cast<uint8_t>((sign | (exponent << 4) | mantissa) ^ 0x55);
}

struct Tables {
    std::array<int16_t, 256> from_ulaw;
    std::array<int16_t, 256> from_alaw;
    std::array<uint8_t, 65536> to_ulaw;
    std::array<uint8_t, 65536> to_alaw;
    Tables() {
        for (size_t i = 0; i < 256; ++i) {
            from_ulaw[i] = ulaw_expand(static_cast<uint8_t>(i));
            from_alaw[i] = alaw_expand(static_cast<uint8_t>(i));
        }
        for (int s = -32768; s <= 32767; ++s) {
            to_ulaw[static_cast<uint16_t>(s)] = ulaw_compress(s);
            to_alaw[static_cast<uint16_t>(s)] = alaw_compress(s);
        }
    }
};

const Tables& tables() {
    static const Tables kTables;
    return kTables;
}

template <class Out, class In, class F>
std::vector<Out> each(std::span<const In> in, F convert) {
    std::vector<Out> out(in.size());
    for (size_t i = 0; i < in.size(); ++i) out[i] = convert(in[i]);
    return out;
}

}  // namespace

int16_t ulaw_decode(uint8_t byte) { return tables().from_ulaw[byte]; }
uint8_t ulaw_encode(int16_t sample) { return tables().to_ulaw[static_cast<uint16_t>(sample)]; }
int16_t alaw_decode(uint8_t byte) { return tables().from_alaw[byte]; }
uint8_t alaw_encode(int16_t sample) { return tables().to_alaw[static_cast<uint16_t>(sample)]; }

Samples ulaw_decode(std::span<const uint8_t> bytes) {
    return each<int16_t>(bytes, [](uint8_t b) { return ulaw_decode(b); });
}
std::vector<uint8_t> ulaw_encode(std::span<const int16_t> samples) {
    return each<uint8_t>(samples, [](int16_t s) { return ulaw_encode(s); });
}
Samples alaw_decode(std::span<const uint8_t> bytes) {
    return each<int16_t>(bytes, [](uint8_t b) { return alaw_decode(b); });
}
std::vector<uint8_t> alaw_encode(std::span<const int16_t> samples) {
    return each<uint8_t>(samples, [](int16_t s) { return alaw_encode(s); });
}
Samples ulaw_round_trip(std::span<const int16_t> samples) {
    return each<int16_t>(samples, [](int16_t s) { return ulaw_decode(ulaw_encode(s)); });
}

std::string pcm_bytes(std::span<const int16_t> samples) {
    std::string out;
    out.reserve(samples.size() * 2);
    for (int16_t sample : samples) {
        const auto bits = static_cast<uint16_t>(sample);
        out += static_cast<char>(bits & 0xFF);
        out += static_cast<char>(bits >> 8);
    }
    return out;
}

Samples pcm_samples(std::string_view bytes) {
    Samples out(bytes.size() / 2);
    for (size_t i = 0; i < out.size(); ++i) {
        const auto low = static_cast<uint8_t>(bytes[2 * i]);
        const auto high = static_cast<uint8_t>(bytes[2 * i + 1]);
        out[i] = static_cast<int16_t>(static_cast<uint16_t>(low | high << 8));
    }
    return out;
}

double rms(std::span<const int16_t> samples) {
    if (samples.empty()) return 0;
    double sum = 0;
    for (const int16_t s : samples) sum += static_cast<double>(s) * s;
    return std::sqrt(sum / static_cast<double>(samples.size()));
}

double level_dbfs(std::span<const int16_t> samples) {
    const double value = rms(samples);
    return value < 0.0328 ? -120.0 : 20.0 * std::log10(value / 32768.0);
}

}  // namespace trunkline::lab
