#pragma once
// Mono audio as it goes between a call and a voice agent. Pure.
#include <cstddef>

namespace trunkline::agent {

struct AudioFormat {
    enum class Encoding { kMulaw, kLinear16 };
    Encoding encoding = Encoding::kMulaw;
    int rate = 8000;  ///< Hz

    size_t sample_bytes() const { return encoding == Encoding::kMulaw ? 1 : 2; }
    size_t bytes_per_second() const { return sample_bytes() * static_cast<size_t>(rate); }
    const char* name() const { return encoding == Encoding::kMulaw ? "mulaw" : "linear16"; }
    bool operator==(const AudioFormat&) const = default;
};

}  // namespace trunkline::agent
