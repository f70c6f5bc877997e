#pragma once
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "engine/loop/shard.h"

namespace trunkline {

/// The shards of the process; started in the constructor, stopped by stop() or the destructor.
class ShardPool {
  public:
    /// `shards` 0 = one per core; `pace` as in Shard.
    explicit ShardPool(size_t shards, std::chrono::microseconds pace = std::chrono::microseconds(0));
    ~ShardPool();
    size_t size() const { return shards_.size(); }
    Shard* at(size_t index) const { return shards_[index].get(); }
    void stop();
    /// Runs `fn` on every shard and waits for all: main thread only, for start and shutdown.
    void run_on_each(const std::function<void(Shard*)>& fn);

  private:
    std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace trunkline
