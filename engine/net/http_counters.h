#pragma once
// What became of the connections of an HTTP server: written by its shards, read by /metrics.
#include <atomic>
#include <cstdint>

namespace trunkline {

struct HttpCounters {
    std::atomic<uint64_t> accepted{0};
    std::atomic<uint64_t> timed_out{0};    ///< the peer did not do its part in time
    std::atomic<uint64_t> crowded_out{0};  ///< waited longest when a later one found no place
    std::atomic<uint64_t> oversized{0};    ///< a head or a body beyond its limit
    std::atomic<uint64_t> out_of_fds{0};   ///< accept() found no descriptor free
    std::atomic<int64_t> waiting{0};       ///< now: accepted, the head of the request not there yet
    std::atomic<int64_t> in_progress{0};   ///< now: a body on its way in, or an answer on its way out
};

}  // namespace trunkline
