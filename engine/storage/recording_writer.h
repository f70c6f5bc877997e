#pragma once
// Recorded audio on its way to the disk: shards put pieces into a queue that is bounded in bytes, the storage thread
// writes them between its batches. A piece without room, or that the disk does not take, is lost, counted and logged;
// the call knows nothing of it.
#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/events/recording.h"

namespace trunkline {

struct RecordingStats {
    uint64_t files = 0;         ///< opened since the start
    uint64_t failed = 0;        ///< of these could not be made or came to an end early
    uint64_t bytes = 0;         ///< of audio written
    uint64_t lost_bytes = 0;    ///< of audio that found no room in the queue or on the disk
    size_t waiting_bytes = 0;   ///< in the queue
    size_t capacity_bytes = 0;  ///< of the queue
};

class RecordingWriter final : public RecordingStore {
  public:
    explicit RecordingWriter(size_t queue_bytes);
    ~RecordingWriter() override;

    std::shared_ptr<Recording> open(RecordingSpec spec) override;
    /// Storage thread: writes all that waits now.
    void write_waiting();
    RecordingStats stats() const;

    struct Shared;

  private:
    std::shared_ptr<Shared> shared_;  // recordings may outlive the writer; then they write nothing
};

}  // namespace trunkline
