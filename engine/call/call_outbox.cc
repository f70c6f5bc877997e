#include "engine/call/call_outbox.h"

#include <utility>

#include "engine/loop/shard.h"

namespace trunkline {

CallOutbox::~CallOutbox() { flush(); }

bool CallOutbox::put(Record record) {
    if (!shard_->on_shard()) return real_->put(std::move(record));
    auto* const fact = std::get_if<FactRecord>(&record);
    if (!fact && held_.empty()) return real_->put(std::move(record));
    if (fact && !held_.empty()) {
        auto& before = std::get<FactRecord>(held_.front());
        if (before.fact == fact->fact) {
            before.to_database = before.to_database || fact->to_database;
            if (!fact->webhook_id.empty()) before.more_webhooks.push_back(std::move(fact->webhook_id));
            return true;
        }
        flush();
    }
    if (held_.empty()) {
        shard_->defer([this, alive = std::weak_ptr<bool>(alive_)] {
            if (alive.lock()) flush();
        });
    }
    held_.push_back(std::move(record));
    return true;
}

void CallOutbox::flush() {
    for (Record& record : std::exchange(held_, {})) real_->put(std::move(record));
}

}  // namespace trunkline
