#pragma once
// An outbox that keeps everything it is given. Any thread may put and look.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "engine/events/outbox.h"

namespace trunkline::test {

class RecordingOutbox final : public Outbox {
  public:
    bool put(Record record) override {
        const std::lock_guard lock(mutex_);
        if (full) return false;
        records_.push_back(std::move(record));
        changed_.notify_all();
        return true;
    }
    bool has_room(FactWeight weight) override { return weight >= least; }
    void add_endpoint(const WebhookEndpoint& endpoint) override {
        const std::lock_guard lock(mutex_);
        endpoints_.push_back(endpoint);
    }
    bool accepts_new_calls(std::string* why) const override {
        const std::lock_guard lock(mutex_);
        if (crowded) *why = "the outbox is nearly full";
        return !crowded;
    }

    RecordingStore* recordings() override { return store; }

    template <class T>
    std::vector<T> all() const {
        const std::lock_guard lock(mutex_);
        std::vector<T> found;
        for (const Record& record : records_) {
            if (const T* one = std::get_if<T>(&record)) found.push_back(*one);
        }
        return found;
    }
    /// Types of the facts for the database, in the order they were put.
    std::vector<std::string> fact_types() const {
        std::vector<std::string> types;
        for (const auto& record : all<FactRecord>()) {
            if (record.to_database) types.push_back(record.fact->type);
        }
        return types;
    }
    /// True when the facts for the database are numbered 1, 2, 3, …
    bool gap_free() const {
        uint64_t expected = 0;
        for (const auto& record : all<FactRecord>()) {
            if (record.to_database && record.fact->seq != ++expected) return false;
        }
        return true;
    }
    std::vector<WebhookEndpoint> endpoints() const {
        const std::lock_guard lock(mutex_);
        return endpoints_;
    }
    /// Waits until a fact of `type` was put; false after ten seconds.
    bool wait_fact(const std::string& type) const {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(10), [&] {
            for (const Record& record : records_) {
                const auto* one = std::get_if<FactRecord>(&record);
                if (one && one->fact->type == type) return true;
            }
            return false;
        });
    }

    RecordingStore* store = nullptr;                       ///< where recorded audio goes
    std::atomic<bool> full = false;                        ///< refuse every record
    std::atomic<bool> crowded = false;                     ///< take no new calls
    std::atomic<FactWeight> least = FactWeight::kInterim;  ///< no room for lighter facts

  private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<Record> records_;
    std::vector<WebhookEndpoint> endpoints_;
};

}  // namespace trunkline::test
