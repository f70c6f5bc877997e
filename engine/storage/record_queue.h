#pragma once
// The bounded queue before the storage thread, and what goes first when it fills:
//
//   0 … 80 % everything │ 80 % no interim facts (nor new calls) │ 85 % no ordinary facts │ 90 % no essential ones
//   the rest: rows, the life of calls, what shards put at the same time │ 100 % only how a call ended, kept aside
//
// Any thread puts, one thread takes.
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "engine/core/ring.h"
#include "engine/events/outbox.h"

namespace trunkline {

class RecordQueue {
  public:
    explicit RecordQueue(size_t capacity) : ring_(capacity) {}

    /// False: full, the record was not taken and is counted.
    bool put(Record&& record);
    /// False: a fact of this weight is not to be made; counted.
    bool has_room(FactWeight weight);
    bool takes_new_calls() const;

    bool try_pop(Record& record) { return ring_.try_pop(record); }
    /// What was kept aside; to be taken when the ring is empty, so that it comes behind what was put before it.
    std::vector<Record> take_aside();

    size_t size() const { return ring_.size(); }
    size_t capacity() const { return ring_.capacity(); }
    size_t aside() const { return aside_size_; }
    uint64_t refused() const { return refused_; }
    uint64_t left_out(FactWeight weight) const { return left_out_[static_cast<size_t>(weight)]; }
    /// Storage thread, now and then: says in the log what was lost since it was last said, at most once a second.
    void tell_of_losses();

  private:
    bool keep_aside(Record& record);

    MpscRing<Record> ring_;
    std::mutex mutex_;
    std::vector<Record> aside_;
    std::atomic<size_t> aside_size_{0};
    std::atomic<uint64_t> refused_{0};
    std::array<std::atomic<uint64_t>, 3> left_out_{};
    uint64_t told_ = 0;
    int64_t tell_again_ns_ = 0;
};

}  // namespace trunkline
