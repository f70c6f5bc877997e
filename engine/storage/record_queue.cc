// See the header.
#include "engine/storage/record_queue.h"

#include <utility>

#include "engine/core/clock.h"
#include "engine/core/log.h"

namespace trunkline {
namespace {

constexpr size_t kNewCallPercent = 80;
constexpr std::array<size_t, 3> kRoomPercent{80, 85, 90};  // by FactWeight
constexpr size_t kAsideShare = 4;                          // a quarter of the ring
constexpr int64_t kTellEveryNs = 1'000'000'000;

/// What must not be missed of a call that is over; nothing of it follows.
bool ends_a_call(const Record& record) {
    if (const auto* row = std::get_if<CallRow>(&record)) return row->ended_unix_ms != 0;
    if (const auto* row = std::get_if<SessionRow>(&record)) return row->stopped_unix_ms != 0;
    const auto* fact = std::get_if<FactRecord>(&record);
    return fact && fact->fact && fact->fact->type == "call.ended";
}

}  // namespace

bool RecordQueue::put(Record&& record) {
    // While an end is kept aside, no later one overtakes it: a kill in between would leave a closed row without its
    // call.ended.
    const bool ends = ends_a_call(record);
    if (ends && aside_size_ > 0 && keep_aside(record)) return true;
    if (ring_.try_push(std::move(record))) return true;
    // NOLINTNEXTLINE(bugprone-use-after-move): a full ring leaves it untouched
    if (ends && keep_aside(record)) return true;
    ++refused_;
    return false;
}

bool RecordQueue::has_room(FactWeight weight) {
    const auto w = static_cast<size_t>(weight);
    if (ring_.size() * 100 <= ring_.capacity() * kRoomPercent[w]) return true;
    ++left_out_[w];
    return false;
}

bool RecordQueue::takes_new_calls() const { return ring_.size() * 100 <= ring_.capacity() * kNewCallPercent; }

bool RecordQueue::keep_aside(Record& record) {
    const std::lock_guard guard(mutex_);
    if (aside_.size() >= ring_.capacity() / kAsideShare) return false;
    aside_.push_back(std::move(record));
    aside_size_ = aside_.size();
    return true;
}

std::vector<Record> RecordQueue::take_aside() {
    if (aside_size_ == 0) return {};
    const std::lock_guard guard(mutex_);
    aside_size_ = 0;
    return std::exchange(aside_, {});
}

// A sum at a time: a line for every fact would be one more flood in a bad moment.
void RecordQueue::tell_of_losses() {
    const uint64_t losses = left_out_[0] + left_out_[1] + left_out_[2] + refused_;
    const int64_t now = monotonic_ns();
    if (losses == told_ || now < tell_again_ns_) return;
    told_ = losses;
    tell_again_ns_ = now + kTellEveryNs;
    log_error("storage", "facts are lost: the database is behind and the outbox is full; totals since the start",
              {{"interim_left_out", left_out_[0].load()},
               {"ordinary_left_out", left_out_[1].load()},
               {"essential_left_out", left_out_[2].load()},
               {"records_refused", refused_.load()},
               {"waiting", ring_.size()}});
}

}  // namespace trunkline
