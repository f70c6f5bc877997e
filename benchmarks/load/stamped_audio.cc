// See stamped_audio.h.
#include "benchmarks/load/stamped_audio.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace trunkline::load {
namespace {

constexpr std::array<uint8_t, 4> kMagic = {0xE7, 0x54, 0x9C, 0xC3};
constexpr size_t kHead = 32;
constexpr size_t kLongest = linear16(48000).frame_bytes();
constexpr uint32_t kMaxFrames = 50U * 3600 * 24;  // a day; a frame number beyond it is damage

struct Fields {
    uint32_t call, frame;
    int64_t intended, sent;
};
static_assert(sizeof(Fields) == 24);

// 256 possible fillings as windows of one table; letters only, so that no filling holds the magic or looks like
// silence.
const std::array<uint8_t, 256 + kLongest>& letters() {
    static const auto table = [] {
        std::array<uint8_t, 256 + kLongest> out{};
        uint32_t state = 7;
        for (uint8_t& byte : out) byte = static_cast<uint8_t>('A' + (state = state * 1664525U + 1013904223U) % 26);
        return out;
    }();
    return table;
}

const uint8_t* filling_of(const Fields& fields) {
    return letters().data() + ((fields.call * 31U + fields.frame * 7U) & 0xFFU);
}

uint32_t check_of(Direction direction, const Fields& fields) {
    uint64_t hash = static_cast<uint64_t>(direction) * 0x9E3779B97F4A7C15U;
    std::array<uint64_t, 3> words;
    std::memcpy(words.data(), &fields, sizeof fields);
    for (const uint64_t word : words) hash = (hash ^ word) * 0xD6E8FEB86659FD93U + (hash >> 29);
    return static_cast<uint32_t>(hash >> 32);
}

bool silent(const AudioFormat& format, uint8_t byte) {
    return format.encoding == AudioFormat::Encoding::kMulaw ? byte == 0xFF || byte == 0x7F : byte == 0;
}

bool read_frame(std::span<const uint8_t> frame, Direction direction, Stamp& stamp) {
    const uint8_t* at = frame.data();
    Fields fields;
    uint32_t check;
    std::memcpy(&check, at + 4, 4);
    std::memcpy(&fields, at + 8, sizeof fields);
    if (std::memcmp(at, kMagic.data(), kMagic.size()) != 0 || check != check_of(direction, fields) ||
        fields.frame >= kMaxFrames || std::memcmp(at + kHead, filling_of(fields), frame.size() - kHead) != 0)
        return false;
    stamp = {fields.call, fields.frame, fields.intended, fields.sent};
    return true;
}

}  // namespace

void write_stamped(std::span<uint8_t> out, Direction direction, const Stamp& stamp) {
    const Fields fields{stamp.call, stamp.frame, stamp.intended_ns, stamp.sent_ns};
    const uint32_t check = check_of(direction, fields);
    std::memcpy(out.data(), kMagic.data(), kMagic.size());
    std::memcpy(out.data() + 4, &check, 4);
    std::memcpy(out.data() + 8, &fields, sizeof fields);
    std::memcpy(out.data() + kHead, filling_of(fields), out.size() - kHead);
}

/// How many bytes at the front cannot be the beginning of a frame.
size_t ByteReader::skip_foreign(std::span<const uint8_t> bytes) {
    const auto at = std::search(bytes.begin(), bytes.end(), kMagic.begin(), kMagic.end());
    auto stop = at;
    if (at == bytes.end()) {  // the last bytes may be the first of a magic
        const size_t tail = std::min(bytes.size(), kMagic.size() - 1);
        stop = bytes.end();
        for (size_t n = tail; n > 0 && stop == bytes.end(); --n)
            if (std::equal(bytes.end() - static_cast<ptrdiff_t>(n), bytes.end(), kMagic.begin()))
                stop = bytes.end() - static_cast<ptrdiff_t>(n);
    }
    const auto silence = std::count_if(bytes.begin(), stop, [this](uint8_t byte) { return silent(format_, byte); });
    counts_.silence_bytes += static_cast<uint64_t>(silence);
    counts_.stray_bytes += static_cast<uint64_t>(stop - bytes.begin() - silence);
    return static_cast<size_t>(stop - bytes.begin());
}

std::span<const HeardFrame> ByteReader::read(std::span<const uint8_t> bytes, int64_t now_ns) {
    found_.clear();
    const bool joined = !rest_.empty();
    if (joined) rest_.insert(rest_.end(), bytes.begin(), bytes.end());
    std::span<const uint8_t> view = joined ? std::span<const uint8_t>(rest_) : bytes;
    Stamp stamp;
    while (!view.empty()) {
        view = view.subspan(skip_foreign(view));
        if (view.size() < frame_bytes_) break;
        if (read_frame(view.first(frame_bytes_), direction_, stamp)) {
            found_.push_back({stamp, now_ns});
            view = view.subspan(frame_bytes_);
        } else {  // step over this magic, the next one is searched for
            ++counts_.corrupted;
            counts_.stray_bytes += kMagic.size();
            view = view.subspan(kMagic.size());
        }
    }
    std::vector<uint8_t> rest(view.begin(), view.end());
    rest_.swap(rest);
    return found_;
}

}  // namespace trunkline::load
