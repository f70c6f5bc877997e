#include "lab/speech/wav.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace trunkline::lab {
namespace {

void put(std::string& out, uint32_t value, size_t count) {
    for (size_t i = 0; i < count; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xFF));
}

Status decode(std::string_view data, uint32_t format, uint32_t bits, Samples& out) {
    if (format == 1 && bits == 16) {
        out.reserve(data.size() / 2);
        for (size_t i = 0; i + 1 < data.size(); i += 2) {
            out.push_back(linear16_decode(data, i));
        }
        return {};
    }
    if ((format == 6 || format == 7) && bits == 8) {
        for (const char c : data) {
            const auto byte = static_cast<uint8_t>(c);
            out.push_back(format == 7 ? ulaw_decode(byte) : alaw_decode(byte));
        }
        return {};
    }
    return fail("bad-wav", "format " + std::to_string(format) + " with " + std::to_string(bits) +
                               " bits; supported are 16-bit PCM, A-law and u-law");
}

}  // namespace

Result<Wav> parse_wav(std::string_view bytes) {
    if (bytes.size() < 12 || bytes.substr(0, 4) != "RIFF" || bytes.substr(8, 4) != "WAVE") {
        return fail("bad-wav", "not a RIFF/WAVE file");
    }
    Wav wav;
    uint32_t format = 0, bits = 0;
    for (size_t at = 12; at + 8 <= bytes.size();) {
        const std::string_view id = bytes.substr(at, 4);
        const size_t size = std::min<size_t>(little_endian(bytes, at + 4, 4), bytes.size() - at - 8);
        const std::string_view body = bytes.substr(at + 8, size);
        if (id == "fmt ") {
            if (size < 16) return fail("bad-wav", "fmt chunk of " + std::to_string(size) + " bytes");
            format = little_endian(body, 0, 2);
            wav.channels = static_cast<int>(little_endian(body, 2, 2));
            wav.rate = static_cast<int>(little_endian(body, 4, 4));
            bits = little_endian(body, 14, 2);
        } else if (id == "data") {
            if (wav.channels < 1 || wav.rate < 1) return fail("bad-wav", "data chunk before a usable fmt chunk");
            if (auto decoded = decode(body, format, bits, wav.samples); !decoded) {
                return tl::unexpected<Error>(decoded.error());
            }
            return wav;
        }
        at += 8 + size + (size & 1);
    }
    return fail("bad-wav", "no data chunk");
}

Result<Wav> read_wav(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail("no-file", path + ": " + std::strerror(errno));
    const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    auto wav = parse_wav(bytes);
    if (!wav) return fail(wav.error().code, path + ": " + wav.error().message);
    return wav;
}

Status write_wav(const std::string& path, std::span<const int16_t> samples, int rate, int channels) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    std::string bytes =
        wav_header(WavFormat::kPcm, rate, 16, channels, static_cast<uint32_t>(samples.size() * sizeof(int16_t)));
    for (const int16_t s : samples) put(bytes, static_cast<uint16_t>(s), 2);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file) return fail("cannot-write", path + ": " + std::strerror(errno));
    return {};
}

std::string wav_header(WavFormat format, int rate, int bits, int channels, uint32_t data_bytes) {
    const auto block = static_cast<uint32_t>(channels * bits / 8);
    std::string out = "RIFF";
    put(out, data_bytes > 0xFFFFFFFFU - 36 ? 0xFFFFFFFFU : data_bytes + 36, 4);
    out += "WAVEfmt ";
    put(out, 16, 4);
    put(out, static_cast<uint32_t>(format), 2);
    put(out, static_cast<uint32_t>(channels), 2);
    put(out, static_cast<uint32_t>(rate), 4);
    put(out, static_cast<uint32_t>(rate) * block, 4);
    put(out, block, 2);
    put(out, static_cast<uint32_t>(bits), 2);
    out += "data";
    put(out, data_bytes, 4);
    return out;
}

}  // namespace trunkline::lab
