// The fixed set of shards of the process.
#include "engine/loop/shard_pool.h"

#include <algorithm>
#include <latch>
#include <thread>

namespace trunkline {

ShardPool::ShardPool(size_t shards, std::chrono::microseconds pace) {
    const size_t count = shards != 0 ? shards : std::max<size_t>(1, std::thread::hardware_concurrency());
    for (size_t i = 0; i < count; ++i) {
        shards_.push_back(std::make_unique<Shard>(static_cast<int>(i), pace));
        shards_.back()->start();
    }
}

ShardPool::~ShardPool() { stop(); }

void ShardPool::stop() {
    for (auto& shard : shards_) shard->stop();
}

void ShardPool::run_on_each(const std::function<void(Shard*)>& fn) {
    std::latch done(static_cast<std::ptrdiff_t>(shards_.size()));
    for (auto& shard : shards_) {
        const bool taken = shard->post([&, target = shard.get()] {
            fn(target);
            done.count_down();
        });
        if (!taken) done.count_down();  // stopped
    }
    done.wait();
}

}  // namespace trunkline
