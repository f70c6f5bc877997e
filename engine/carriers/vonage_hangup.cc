#include "engine/carriers/vonage_hangup.h"

#include <algorithm>

#include "engine/core/log.h"

namespace trunkline::vonage {
namespace {

/// Whichever comes first, the answer or the end of patience, tells; the other finds nothing to tell.
struct Waiting {
    std::function<void()> done;
    TimerId timer = 0;

    void tell() {
        if (auto told = std::exchange(done, nullptr)) told();
    }
};

}  // namespace

HangUps::HangUps(size_t shards, std::optional<RestSettings> settings)
    : settings_(std::move(settings)), clients_(shards) {}

bool HangUps::intended(const std::string& uuid) const {
    std::lock_guard lock(mutex_);
    return intended_.contains(uuid);
}

std::chrono::milliseconds HangUps::time_for(size_t calls) const {
    if (!settings_) return std::chrono::milliseconds(0);
    const int64_t ms = settings_->limits->others.time_for_ns(calls) / 1'000'000;
    return std::chrono::milliseconds(std::min<int64_t>(ms, kTurnMs));
}

void HangUps::hang_up(Shard* shard, const std::string& uuid, std::function<void()> done) {
    {
        std::lock_guard lock(mutex_);
        intended_.add(uuid);
    }
    if (!settings_) {
        shard->defer(std::move(done));
        return;
    }
    auto& client = clients_[static_cast<size_t>(shard->index())];
    if (!client) client = std::make_unique<RestClient>(shard, *settings_);
    auto waiting = std::make_shared<Waiting>(Waiting{std::move(done)});
    waiting->timer = shard->after(std::chrono::milliseconds(kTurnMs + kAnswerMs), [waiting] { waiting->tell(); });
    const auto answered = [shard, waiting, uuid](const Status& ended) {
        if (!ended) {
            log_warn("vonage", "the call could not be hung up; its socket is closed instead",
                     {{"call", uuid}, {"code", ended.error().code}, {"why", ended.error().message}});
        }
        shard->cancel(waiting->timer);
        shard->defer([waiting] { waiting->tell(); });
    };
    client->hang_up(uuid, answered, kTurnMs, kAnswerMs);
}

}  // namespace trunkline::vonage
