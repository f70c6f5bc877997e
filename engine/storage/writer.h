#pragma once
// The storage thread: takes records out of a bounded ring and commits them in batches. Nothing but this thread writes
// into the database.
//
//   shards ──put()──▶ ring ──▶ batch (≤ 200 rows or 50 ms) ──▶ one transaction, synced to disk
//   egress ──settle(), load_due()──┘          │ locked or full: the batch is kept and tried again, the ring fills,
//                                             │ above 80 % no new calls are taken, above 85 % facts are left out by
//                                             │ their weight, at 100 % records are refused (but how a call ended)
//                                             └ a row that can never go in: <database>.refused.jsonl
//   shards ──recordings()──▶ bounded queue ──▶ WAV files, between the batches
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/core/result.h"
#include "engine/events/delivery.h"
#include "engine/events/outbox.h"
#include "engine/storage/recording_writer.h"

namespace trunkline {

class Histogram;

struct StorageOptions {
    std::string path;  ///< of the database file; see sqlite_path()
    size_t ring_records = 65'536;
    size_t batch_rows = 200;
    std::chrono::milliseconds batch_time{50};
    size_t recording_bytes = 32U << 20;  ///< recorded audio that waits for the disk: 10 s of 100 calls
};

/// Counters since the start, for /metrics.
struct StorageStats {
    uint64_t rows = 0;                   ///< written
    uint64_t batches = 0;                ///< committed
    uint64_t refused = 0;                ///< records the full ring did not take
    std::array<uint64_t, 3> left_out{};  ///< facts that were not made for want of room, by FactWeight
    uint64_t retries = 0;                ///< failed attempts to commit
    uint64_t conflicts = 0;              ///< two different facts under one number
    uint64_t dead_letters = 0;           ///< records that went to the file instead
    uint64_t recovered_calls = 0;        ///< calls closed at the start
    size_t ring_depth = 0, ring_capacity = 0;
    size_t aside = 0;         ///< ends of calls that wait beside the full ring
    bool in_trouble = false;  ///< the last attempt to commit failed
    RecordingStats recordings;
};

class StorageWriter : public Outbox, public DeliveryStore {
  public:
    /// Opens and migrates the database, closes calls a killed process left open, starts the thread. Errors: those of
    /// database.h and recovery.h.
    static Result<std::unique_ptr<StorageWriter>> open(StorageOptions options);
    ~StorageWriter() override;  ///< stop() with its default deadline

    bool put(Record record) override;
    bool has_room(FactWeight weight) override;
    void add_endpoint(const WebhookEndpoint& endpoint) override;
    bool accepts_new_calls(std::string* why) const override;
    RecordingStore* recordings() override;

    void load_due(std::vector<DueRequest> wanted, int64_t now_unix_ms,
                  std::function<void(DueDeliveries)> done) override;
    void settle(DeliveryOutcome outcome) override;
    std::vector<WebhookEndpoint> endpoints() const override;

    /// Called on the storage thread after a commit that brought something to deliver: wake the pump with it. nullptr
    /// detaches the pump: once it returns, neither `wake` nor any load_due() answer runs or will run. Any thread, but
    /// not inside those callbacks.
    void on_new_deliveries(std::function<void()> wake);

    /// Any thread but the storage thread. Waits until everything put before is on disk (recorded audio: is with the
    /// kernel); false at the deadline.
    bool flush(std::chrono::milliseconds deadline);
    /// Main thread. Flushes, then ends the thread; what is not on disk by the deadline goes into the dead-letter file.
    void stop(std::chrono::milliseconds deadline = std::chrono::seconds(5));

    StorageStats stats() const;
    const Histogram& commit_ns() const;  ///< how long commits took
    const std::string& path() const;

  private:
    struct Impl;
    explicit StorageWriter(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace trunkline
