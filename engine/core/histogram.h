#pragma once
// A log-linear histogram: 64 sub-buckets per power of two, at most 1.6 % error, values in nanoseconds (or any unit).
// One writer thread, any number of readers (relaxed atomics); merged on scrape.
#include <array>
#include <atomic>
#include <cstdint>

namespace trunkline {

class Histogram {
  public:
    void record(int64_t value);  ///< negative values count as 0
    uint64_t count() const;
    double sum() const;
    int64_t max() const;
    /// Value at quantile q in [0, 1]; 0 when empty. Upper edge of the bucket, capped at max().
    int64_t quantile(double q) const;
    /// How many recorded values are <= `limit`.
    uint64_t count_at_most(int64_t limit) const;
    void merge(const Histogram& other);
    void reset();

  private:
    static constexpr int kSubBits = 6;
    static constexpr int kSub = 1 << kSubBits;
    static constexpr int kPowers = 40;
    static int index_of(uint64_t value);
    static int64_t upper_edge(int index);
    std::array<std::atomic<uint32_t>, static_cast<size_t>(kSub) * kPowers> buckets_{};
    std::atomic<uint64_t> count_{0};
    std::atomic<int64_t> max_{0};
    std::atomic<double> sum_{0};
};

}  // namespace trunkline
