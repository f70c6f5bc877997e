#include "engine/gst/element_shard.h"

#include "engine/core/log.h"

namespace trunkline::gst {

ElementShard::~ElementShard() { detach(); }

void ElementShard::attach(Shard* call_shard) {
    if (shard_) return;
    if (call_shard) {
        shard_ = call_shard;
        return;
    }
    own_ = std::make_unique<Shard>(0);
    own_->start();
    shard_ = own_.get();
}

void ElementShard::detach() {
    shard_ = nullptr;
    if (own_) own_->stop();
    own_.reset();
}

void ElementShard::run(const Task& task) {
    if (!shard_ || shard_->on_shard()) {
        task();
        return;
    }
    if (Shard::current()) {
        log_error("element", "a shard must not wait for another shard: use post()");
        std::abort();
    }
    std::mutex mutex;
    std::condition_variable ready;
    bool done = false;
    const bool posted = shard_->post([&] {
        task();
        // Notified under the lock: the waiter owns these and may return as soon as it sees `done`.
        std::lock_guard lock(mutex);
        done = true;
        ready.notify_one();
    });
    if (!posted) return;
    std::unique_lock lock(mutex);
    ready.wait(lock, [&] { return done; });
}

void ElementShard::post(Task task) {
    if (!shard_) return;
    if (shard_->on_shard()) {
        task();
        return;
    }
    {
        std::unique_lock lock(mutex_);
        if (!Shard::current()) room_.wait(lock, [&] { return in_flight_ < kMaxInFlight; });
        ++in_flight_;
    }
    const auto leave = [this] {
        std::lock_guard lock(mutex_);
        --in_flight_;
        room_.notify_one();
    };
    if (!shard_->post([task = std::move(task), leave] {
            task();
            leave();
        })) {
        leave();
    }
}

}  // namespace trunkline::gst
