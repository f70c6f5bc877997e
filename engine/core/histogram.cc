// Log-linear histogram: values below 64 have a bucket each; above, every power of two is cut into 64 equal buckets, so
// a bucket is at most 1/64 of its lower edge wide. Written by one thread, hence plain load + store instead of
// read-modify-write.
#include "engine/core/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace trunkline {
namespace {
constexpr auto kRelaxed = std::memory_order_relaxed;
}

int Histogram::index_of(uint64_t value) {
    if (value < kSub) return static_cast<int>(value);
    const int power = static_cast<int>(std::bit_width(value)) - 1 - kSubBits;  // 0 for 64…127
    if (power >= kPowers - 1) return kSub * kPowers - 1;
    return (power + 1) * kSub + static_cast<int>((value >> power) - kSub);
}

int64_t Histogram::upper_edge(int index) {
    if (index < kSub) return index;
    const int power = index / kSub - 1;
    const int64_t lower = static_cast<int64_t>(kSub + index % kSub) << power;
    return lower + (int64_t{1} << power) - 1;
}

void Histogram::record(int64_t value) {
    value = std::max<int64_t>(value, 0);
    auto& bucket = buckets_[static_cast<size_t>(index_of(static_cast<uint64_t>(value)))];
    bucket.store(bucket.load(kRelaxed) + 1, kRelaxed);
    sum_.store(sum_.load(kRelaxed) + static_cast<double>(value), kRelaxed);
    if (value > max_.load(kRelaxed)) max_.store(value, kRelaxed);
    count_.store(count_.load(kRelaxed) + 1, kRelaxed);
}

uint64_t Histogram::count() const { return count_.load(kRelaxed); }
double Histogram::sum() const { return sum_.load(kRelaxed); }
int64_t Histogram::max() const { return max_.load(kRelaxed); }

int64_t Histogram::quantile(double q) const {
    const uint64_t total = count();
    if (total == 0) return 0;
    const double wanted = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(total));
    const uint64_t rank = std::max<uint64_t>(1, static_cast<uint64_t>(wanted));
    uint64_t seen = 0;
    for (int i = 0; i < kSub * kPowers; ++i) {
        seen += buckets_[static_cast<size_t>(i)].load(kRelaxed);
        if (seen < rank) continue;
        // The last bucket is open above: only max() bounds it.
        return i == kSub * kPowers - 1 ? max() : std::min(upper_edge(i), max());
    }
    return max();
}

uint64_t Histogram::count_at_most(int64_t limit) const {
    if (limit < 0) return 0;
    uint64_t seen = 0;
    const int last = index_of(static_cast<uint64_t>(limit));
    for (int i = 0; i <= last; ++i) seen += buckets_[static_cast<size_t>(i)].load(kRelaxed);
    return seen;
}

void Histogram::merge(const Histogram& other) {
    for (size_t i = 0; i < buckets_.size(); ++i) {
        const uint32_t more = other.buckets_[i].load(kRelaxed);
        if (more != 0) buckets_[i].store(buckets_[i].load(kRelaxed) + more, kRelaxed);
    }
    sum_.store(sum() + other.sum(), kRelaxed);
    max_.store(std::max(max(), other.max()), kRelaxed);
    count_.store(count() + other.count(), kRelaxed);
}

void Histogram::reset() {
    for (auto& bucket : buckets_) bucket.store(0, kRelaxed);
    count_.store(0, kRelaxed);
    max_.store(0, kRelaxed);
    sum_.store(0, kRelaxed);
}

}  // namespace trunkline
