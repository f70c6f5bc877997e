#pragma once
// The outbox of one call. Several sinks take the same fact (dbsink, each webhooksink); put apart they could be torn by
// a crash: stored, and never delivered. Here they become one record, so that a fact on disk has its deliveries on disk.
//
//   dbsink, webhooksink ──put()──▶ the fact waits until the next turn of the shard ──one record──▶ the real outbox
#include <memory>
#include <vector>

#include "engine/events/outbox.h"

namespace trunkline {

class Shard;

/// On the call's shard; what comes from elsewhere is passed on at once.
class CallOutbox final : public Outbox {
  public:
    CallOutbox(Shard* shard, Outbox* real) : shard_(shard), real_(real) {}
    ~CallOutbox() override;

    bool put(Record record) override;
    void add_endpoint(const WebhookEndpoint& endpoint) override { real_->add_endpoint(endpoint); }
    bool accepts_new_calls(std::string* why) const override { return real_->accepts_new_calls(why); }
    bool has_room(FactWeight weight) override { return real_->has_room(weight); }
    RecordingStore* recordings() override { return real_->recordings(); }
    /// Puts what waits for the next turn now.
    void flush();

  private:
    Shard* shard_;
    Outbox* real_;
    std::vector<Record> held_;  // a fact, then the rows that came behind it
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace trunkline
