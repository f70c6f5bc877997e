// See the header.
#include "engine/storage/recording_writer.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/core/clock.h"
#include "engine/core/log.h"
#include "engine/storage/wav_file.h"

namespace trunkline {
namespace {

constexpr int64_t kTellEveryNs = 1'000'000'000;
// Beside its bytes: a flood of tiny pieces is bounded, too.
constexpr size_t kPieceCost = 128;

class StoredRecording;

struct Piece {
    std::shared_ptr<StoredRecording> recording;
    int64_t at = 0;
    std::string bytes;
    bool last = false;  ///< nothing follows, the file ends at `at`
};

}  // namespace

struct RecordingWriter::Shared {
    explicit Shared(size_t most) : capacity(most) {}
    bool put(Piece piece, bool whatever_room) {
        const std::lock_guard guard(mutex);
        const size_t cost = piece.bytes.size() + kPieceCost;
        if (closed || (!whatever_room && waiting_bytes + cost > capacity)) return false;
        waiting_bytes += cost;
        waiting.push_back(std::move(piece));
        return true;
    }

    const size_t capacity;
    mutable std::mutex mutex;  // held for a few instructions, never while the disk works
    std::vector<Piece> waiting;
    size_t waiting_bytes = 0;
    bool closed = false;
    std::atomic<uint64_t> files{0}, failed{0}, written_bytes{0}, lost_bytes{0};
    uint64_t told_lost = 0;  // storage thread
    int64_t tell_again_ns = 0;
};

namespace {

using Shared = RecordingWriter::Shared;

class StoredRecording final : public Recording, public std::enable_shared_from_this<StoredRecording> {
  public:
    StoredRecording(std::shared_ptr<Shared> shared, RecordingSpec spec)
        : shared_(std::move(shared)), spec_(std::move(spec)), file_(spec_) {}

    bool write(int64_t at, std::string bytes) override {
        if (failed_) return false;
        const size_t size = bytes.size();
        if (shared_->put({shared_from_this(), at, std::move(bytes), false}, false)) return true;
        lose(size);
        return false;
    }
    // Its end costs next to nothing and there is one per call: it always finds room.
    void finish(int64_t end) override { shared_->put({shared_from_this(), end, {}, true}, true); }
    RecordingState state() const override {
        const std::lock_guard guard(mutex_);
        return {frames_, static_cast<int64_t>(lost_ / spec_.frame_bytes()), failed_, problem_};
    }

    // Storage thread.
    void store(const Piece& piece) {
        if (failed_ || done_) return;
        if (!file_.is_open()) {
            ++shared_->files;
            if (const auto made = file_.open(); !made) return give_up(made.error());
            log_info("recording", "begun", {{"call_id", spec_.call_id}, {"file", spec_.directory + "/" + spec_.path}});
        }
        const int64_t before = file_.frames();
        const Status ok = piece.last ? file_.pad(piece.at) : file_.write(piece.at, piece.bytes);
        shared_->written_bytes += static_cast<uint64_t>(file_.frames() - before) * spec_.frame_bytes();
        note_length();
        done_ = piece.last;
        if (done_) file_.close();
        if (ok) return recovered();
        if (ok.error().code == "recording-full") return give_up(ok.error());
        in_trouble(ok.error(), piece);
    }

  private:
    void lose(size_t bytes) {
        lost_ += bytes;
        shared_->lost_bytes += bytes;
    }
    void note_length() {
        const std::lock_guard guard(mutex_);
        frames_ = file_.frames();
    }
    void note_problem(const std::string& what) {
        const std::lock_guard guard(mutex_);
        problem_ = what;
    }
    void give_up(const Error& error) {
        note_problem(error.message);
        failed_ = true;
        ++shared_->failed;
        log_error("recording", "given up; the call goes on without it",
                  {{"call_id", spec_.call_id}, {"cause", error.message}});
    }
    /// The disk is full, as a rule: the next piece tries again, and this one is silence if that works.
    void in_trouble(const Error& error, const Piece& piece) {
        lose(
            static_cast<size_t>(std::max<int64_t>(0, piece.at + frames_of(piece) - std::max(piece.at, file_.frames())) *
                                static_cast<int64_t>(spec_.frame_bytes())));
        if (std::exchange(in_trouble_, true)) return;  // said once when it comes, once when it goes
        note_problem(error.message);
        log_error("recording", "the disk takes no audio; the call goes on, what is lost will be silence",
                  {{"call_id", spec_.call_id}, {"cause", error.message}});
    }
    void recovered() {
        if (!std::exchange(in_trouble_, false)) return;
        log_info("recording", "the disk takes audio again",
                 {{"call_id", spec_.call_id}, {"lost_frames", lost_.load() / spec_.frame_bytes()}});
    }
    int64_t frames_of(const Piece& piece) const {
        return static_cast<int64_t>(piece.bytes.size() / spec_.frame_bytes());
    }

    const std::shared_ptr<Shared> shared_;
    const RecordingSpec spec_;
    WavFile file_;             // storage thread
    bool in_trouble_ = false;  // storage thread
    bool done_ = false;        // storage thread
    std::atomic<bool> failed_{false};
    std::atomic<uint64_t> lost_{0};
    mutable std::mutex mutex_;
    int64_t frames_ = 0;
    std::string problem_;
};

}  // namespace

RecordingWriter::RecordingWriter(size_t queue_bytes) : shared_(std::make_shared<Shared>(queue_bytes)) {}

RecordingWriter::~RecordingWriter() {
    std::vector<Piece> rest;  // it holds recordings, which hold `shared_`: a ring that must be opened
    const std::lock_guard guard(shared_->mutex);
    shared_->closed = true;
    rest.swap(shared_->waiting);
}

std::shared_ptr<Recording> RecordingWriter::open(RecordingSpec spec) {
    return std::make_shared<StoredRecording>(shared_, std::move(spec));
}

void RecordingWriter::write_waiting() {
    std::vector<Piece> pieces;
    {
        const std::lock_guard guard(shared_->mutex);
        pieces.swap(shared_->waiting);
        shared_->waiting_bytes = 0;
    }
    for (const Piece& piece : pieces) piece.recording->store(piece);
    const uint64_t lost = shared_->lost_bytes;
    const int64_t now = monotonic_ns();
    if (lost == shared_->told_lost || now < shared_->tell_again_ns) return;
    shared_->told_lost = lost;
    shared_->tell_again_ns = now + kTellEveryNs;
    log_error("recording", "recorded audio is lost: the disk is too slow or full; total since the start",
              {{"lost_bytes", lost}, {"queue_bytes", shared_->capacity}});
}

RecordingStats RecordingWriter::stats() const {
    RecordingStats stats;
    stats.files = shared_->files;
    stats.failed = shared_->failed;
    stats.bytes = shared_->written_bytes;
    stats.lost_bytes = shared_->lost_bytes;
    stats.capacity_bytes = shared_->capacity;
    const std::lock_guard guard(shared_->mutex);
    stats.waiting_bytes = shared_->waiting_bytes;
    return stats;
}

}  // namespace trunkline
