#pragma once
// The way of recorded audio out of the process: an element on a shard hands over pieces of a WAV file, the storage
// thread puts them where they belong. A shard never waits: what finds no room in the queue, or on the disk, is left
// out, counted and logged, and is silence in the file.
#include <cstdint>
#include <memory>
#include <string>

namespace trunkline {

struct RecordingSpec {
    std::string directory;  ///< as the graph's author wrote it; made when it is not there
    std::string path;       ///< of the file, relative to it, made by recording_path(): a file is never replaced
    std::string call_id;    ///< for the log
    int rate = 8'000;
    int channels = 2;
    bool mulaw = false;  ///< else 16-bit little-endian

    size_t frame_bytes() const { return static_cast<size_t>(channels) * (mulaw ? 1 : 2); }
};

/// What became of a recording so far.
struct RecordingState {
    int64_t frames = 0;       ///< length of the file
    int64_t lost_frames = 0;  ///< of these silence, for want of room in the queue or on the disk
    bool failed = false;      ///< nothing more is written
    std::string problem;      ///< why it failed or what was last wrong; empty = nothing was
};

/// One file. Owned by who writes to it; the storage thread keeps it as long as there is something to write.
class Recording {
  public:
    virtual ~Recording() = default;
    /// One thread. Whole frames that stand from frame `at` on; what is not given is silence. Never blocks. False: no
    /// room, the piece is lost and counted.
    virtual bool write(int64_t at, std::string bytes) = 0;
    /// Nothing follows; the file ends at frame `end`, with silence if need be.
    virtual void finish(int64_t end) = 0;
    /// Any thread.
    virtual RecordingState state() const = 0;
};

/// Implemented by storage. Any thread.
class RecordingStore {
  public:
    virtual ~RecordingStore() = default;
    /// Never blocks; that the file cannot be made is told later, by state() and in the log.
    virtual std::shared_ptr<Recording> open(RecordingSpec spec) = 0;
};

}  // namespace trunkline
