#include "lab/hume/audio.h"

#include <algorithm>
#include <cstring>

#include "lab/speech/wav.h"

namespace trunkline::lab::hume {
namespace {

constexpr size_t kMaxHeader = 65536;

bool begins(std::span<const uint8_t> bytes, const char* with) {
    return bytes.size() >= 4 && std::memcmp(bytes.data(), with, 4) == 0;
}

void append(std::vector<uint8_t>& to, const std::string& text) { to.insert(to.end(), text.begin(), text.end()); }

void append_little(std::vector<uint8_t>& to, uint32_t value) {
    for (int i = 0; i < 4; ++i) to.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

}  // namespace

void InputDecoder::declare(const AudioFormat& format) {
    declared_ = true;
    rest_.clear();
    start(format);
}

void InputDecoder::start(const AudioFormat& format) {
    format_ = format;
    resampler_.emplace(format.sample_rate, kTelephoneRate);
}

InputDecoder::Chunk InputDecoder::decode(std::span<const uint8_t> bytes) {
    Chunk out;
    rest_.insert(rest_.end(), bytes.begin(), bytes.end());
    if (!format_ && !read_header(out)) return out;
    pcm(out);
    return out;
}

/// A container tells its format in the first bytes of the stream. False: not yet, or never (`error`).
bool InputDecoder::read_header(Chunk& out) {
    static constexpr const char* kRaw =
        "the audio is neither declared by session_settings.audio nor does it begin with a container's header";
    if (rest_.size() < 4) return false;
    const auto refuse = [&](const std::string& text) {
        out.error = "E0200";
        out.text = text;
        rest_.clear();
        return false;
    };
    if (begins(rest_, "\x1A\x45\xDF\xA3")) return refuse("WebM is taken by the real server, but not by this one");
    if (!begins(rest_, "RIFF")) return refuse(kRaw);
    AudioFormat format;
    for (size_t at = 12; at + 8 <= rest_.size();) {
        const size_t size = little_endian(rest_, at + 4, 4);
        if (std::memcmp(&rest_[at], "data", 4) == 0) {
            if (format.sample_rate == 0) return refuse("the WAV header has no `fmt ` before `data`");
            const size_t body = rest_.size() - at - 8;
            out.whole_file = size > 0 && size < 0xFFFFFFFFU && body >= size;
            rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(at + 8));
            start(format);
            return true;
        }
        if (std::memcmp(&rest_[at], "fmt ", 4) == 0) {
            if (at + 24 > rest_.size()) return false;
            const uint32_t channels = little_endian(rest_, at + 10, 2);
            const uint32_t rate = little_endian(rest_, at + 12, 4);
            if (little_endian(rest_, at + 8, 2) != 1 || little_endian(rest_, at + 22, 2) != 16 || channels < 1 ||
                channels > 2 || rate < 8000 || rate > 192000) {
                return refuse("of WAV only 16-bit PCM with one or two channels is heard");
            }
            format = {static_cast<int>(rate), static_cast<int>(channels)};
        }
        at += 8 + size + (size & 1U);
    }
    return rest_.size() > kMaxHeader ? refuse("a WAV header without end") : false;
}

void InputDecoder::pcm(Chunk& out) {
    const auto channels = static_cast<size_t>(format_->channels);
    const size_t frame = 2 * channels;
    const size_t frames = rest_.size() / frame;
    Samples mono(frames);
    for (size_t i = 0; i < frames; ++i) {
        int sum = 0;
        for (size_t c = 0; c < channels; ++c) sum += linear16_decode(rest_, i * frame + 2 * c);
        mono[i] = static_cast<int16_t>(sum / static_cast<int>(channels));
    }
    rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(frames * frame));
    out.ms = static_cast<double>(frames) * 1000 / format_->sample_rate;
    resampler_->push(mono, out.samples);
}

std::vector<uint8_t> output_pcm(std::span<const int16_t> samples_8k, int rate) {
    return linear16_encode(resample(samples_8k, kTelephoneRate, rate));
}

std::vector<uint8_t> wav_file(std::span<const uint8_t> pcm, int rate, const Faults& faults) {
    const auto size = static_cast<uint32_t>(pcm.size());
    const uint32_t told = faults.data_size == 0 ? 0 : faults.data_size == 1 ? 0xFFFFFFFFU : size;
    const std::string header = wav_header(WavFormat::kPcm, rate, 16, 1, told);
    const size_t data_at = header.size() - 8;
    std::vector<uint8_t> out(header.begin(), header.begin() + static_cast<std::ptrdiff_t>(data_at));
    if (faults.list_chunk) {
        append(out, "LIST");
        append_little(out, 13);
        append(out, std::string("INFOISFT\x01\0\0\0x\0", 14));  // an odd size, then the pad byte
    }
    append(out, header.substr(data_at));
    if (faults.repeat_header) append(out, wav_header(WavFormat::kPcm, rate, 16, 1, size));
    out.insert(out.end(), pcm.begin(), pcm.end());
    if (faults.trailing_bytes) {
        if (out.size() % 2) out.push_back(0);
        append(out, "note");
        append_little(out, 3);
        append(out, std::string("end\0", 4));
    }
    if (told == size && !faults.repeat_header) {
        const auto riff = static_cast<uint32_t>(out.size() - 8);
        for (size_t i = 0; i < 4; ++i) out[4 + i] = static_cast<uint8_t>(riff >> (8 * i));
    }
    return out;
}

}  // namespace trunkline::lab::hume
