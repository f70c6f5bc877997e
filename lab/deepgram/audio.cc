#include "lab/deepgram/audio.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "lab/speech/wav.h"

namespace trunkline::lab::deepgram {
namespace {

size_t width_of(const std::string& encoding) {
    if (encoding == "linear16") return 2;
    return encoding == "linear32" ? 4 : 1;
}

int16_t sample_at(const std::string& encoding, const uint8_t* bytes) {
    if (encoding == "mulaw") return ulaw_decode(*bytes);
    if (encoding == "alaw") return alaw_decode(*bytes);
    if (encoding == "linear16") return linear16_decode(bytes, 0);
    const float value = std::bit_cast<float>(little_endian(bytes, 0, 4));  // linear32: IEEE floats, full scale 1.0
    if (!std::isfinite(value)) return 0;
    return static_cast<int16_t>(std::lround(std::clamp(value, -1.0F, 1.0F) * 32767.0F));
}

}  // namespace

InputDecoder::InputDecoder(const AudioFormat& format)
    : encoding_(format.encoding), width_(width_of(format.encoding)), resampler_(format.sample_rate, kTelephoneRate) {}

Samples InputDecoder::decode(std::span<const uint8_t> bytes) {
    rest_.insert(rest_.end(), bytes.begin(), bytes.end());
    const size_t whole = rest_.size() / width_;
    Samples decoded(whole);
    for (size_t i = 0; i < whole; ++i) decoded[i] = sample_at(encoding_, &rest_[i * width_]);
    rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(whole * width_));
    Samples out;
    resampler_.push(decoded, out);
    return out;
}

std::vector<uint8_t> encode_output(const AudioFormat& format, std::span<const int16_t> samples_8k) {
    const Samples samples = resample(samples_8k, kTelephoneRate, format.sample_rate);
    std::vector<uint8_t> body;
    if (format.encoding == "mulaw") {
        body = ulaw_encode(samples);
    } else if (format.encoding == "alaw") {
        body = alaw_encode(samples);
    } else {
        body = linear16_encode(samples);
    }
    if (format.container != "wav") return body;
    const WavFormat kind = format.encoding == "mulaw"  ? WavFormat::kULaw
                           : format.encoding == "alaw" ? WavFormat::kALaw
                                                       : WavFormat::kPcm;
    const std::string header =
        wav_header(kind, format.sample_rate, kind == WavFormat::kPcm ? 16 : 8, 1, static_cast<uint32_t>(body.size()));
    body.insert(body.begin(), header.begin(), header.end());
    return body;
}

size_t bytes_per_second(const AudioFormat& format) {
    return static_cast<size_t>(format.sample_rate) * width_of(format.encoding);
}

}  // namespace trunkline::lab::deepgram
