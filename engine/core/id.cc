// Identifiers and small secrets-related helpers. Ids of one process also sort within a millisecond: the random part of
// the same millisecond grows by a random step, so they stay hard to guess and never repeat.
#include "engine/core/id.h"

#include <errno.h>
#include <sys/random.h>

#include <array>
#include <cstdlib>
#include <mutex>

#include "engine/core/clock.h"

namespace trunkline {
namespace {

constexpr char kCrockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

struct Stamp {
    uint64_t ms = 0;
    uint16_t high = 0;  // the upper 16 of the 80 random bits
    uint64_t low = 0;   // the lower 64
};

Stamp next_stamp() {
    static std::mutex mutex;
    static Stamp last;
    std::array<uint8_t, 10> random{};
    random_bytes(random);
    uint64_t low = 0;
    for (size_t i = 2; i < random.size(); ++i) low = low << 8 | random[i];
    const auto high = static_cast<uint16_t>(random[0] << 8 | random[1]);

    const std::lock_guard lock(mutex);
    const auto now = static_cast<uint64_t>(unix_ms());
    if (now > last.ms) {
        last = {now, high, low};
        return last;
    }
    const uint64_t before = last.low;  // same millisecond, or the wall clock stepped back: keep growing
    last.low += (low >> 24) + 1;
    if (last.low < before && ++last.high == 0) ++last.ms;
    return last;
}

}  // namespace

void random_bytes(std::span<uint8_t> out) {
    size_t done = 0;
    while (done < out.size()) {
        const ssize_t got = getrandom(out.data() + done, out.size() - done, 0);
        if (got > 0) done += static_cast<size_t>(got);
        if (got < 0 && errno != EINTR) std::abort();  // the kernel has no randomness at all: nothing is safe any more
    }
}

std::string new_id(std::string_view prefix) {
    const Stamp stamp = next_stamp();
    std::array<char, 26> text{};
    uint64_t ms = stamp.ms;
    for (size_t i = 10; i-- > 0; ms >>= 5) text[i] = kCrockford[ms & 31];
    uint64_t low = stamp.low, high = stamp.high;
    for (size_t i = 26; i-- > 10;) {  // 80 bits, shifted right by five across both words
        text[i] = kCrockford[low & 31];
        low = low >> 5 | high << 59;
        high >>= 5;
    }
    return std::string(prefix).append(text.data(), text.size());
}

bool equal_constant_time(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    unsigned different = 0;
    for (size_t i = 0; i < a.size(); ++i) different |= static_cast<unsigned>(a[i] ^ b[i]);
    return different == 0;
}

std::string to_hex(std::span<const uint8_t> bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const uint8_t byte : bytes) {
        text.push_back(kDigits[byte >> 4]);
        text.push_back(kDigits[byte & 15]);
    }
    return text;
}

}  // namespace trunkline
