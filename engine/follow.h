#pragma once
// `trunkline serve --follow`: an outbox in front of the real one that also hands every fact to a listener on a thread
// of its own, for people who watch. When the listener is too slow it misses facts; storage never does.
#include <functional>
#include <memory>

#include "engine/events/outbox.h"

namespace trunkline {

class FollowOutbox final : public Outbox {
  public:
    FollowOutbox(Outbox* real, std::function<void(const Fact&)> listener);
    ~FollowOutbox() override;

    bool put(Record record) override;
    bool has_room(FactWeight weight) override { return real_->has_room(weight); }
    void add_endpoint(const WebhookEndpoint& endpoint) override { real_->add_endpoint(endpoint); }
    bool accepts_new_calls(std::string* why) const override { return real_->accepts_new_calls(why); }

  private:
    struct Impl;
    Outbox* real_;
    std::unique_ptr<Impl> impl_;
};

/// One line for people: "  3.214  caller  \"thank you\"" … empty for facts that say nothing to a watcher.
std::string describe_fact(const Fact& fact, bool color);

}  // namespace trunkline
