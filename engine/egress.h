#pragma once
// The egress thread: delivers webhooks from storage to the world. One loop of its own, so that a slow receiver is no
// shard's business.
#include <memory>

#include "engine/events/delivery.h"

namespace trunkline {

class StorageWriter;

/// Main thread only, but stats() from any.
class Egress {
  public:
    Egress(StorageWriter* storage, int answer_timeout_ms);
    ~Egress();
    void wake();
    DeliveryStats stats() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace trunkline
