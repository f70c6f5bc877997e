#pragma once
// The engine ends a Vonage call: PUT hangup instead of a closed socket, which Vonage would report as `disconnected`,
// without saying whether it was a fault. What was ended here on purpose is remembered for the case that it is reported
// all the same.
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/carriers/vonage_rest.h"
#include "engine/core/recent_ids.h"

namespace trunkline::vonage {

class HangUps {
  public:
    /// `settings` empty: there is no REST API to ask; closing the socket must do.
    HangUps(size_t shards, std::optional<RestSettings> settings);

    /// On `shard`. `done` runs in a later loop turn: when Vonage has answered, when it has not within kAnswerMs, or
    /// when the request would have to wait longer than kTurnMs for its turn; after the sum of both at the latest.
    void hang_up(Shard* shard, const std::string& uuid, std::function<void()> done);
    /// Any thread: the call ends, or has ended, because the engine wanted it.
    bool intended(const std::string& uuid) const;
    /// How much longer so many hang-ups, all begun now, take than one, because Vonage takes so many a second only.
    std::chrono::milliseconds time_for(size_t calls) const;
    /// On each shard, before it stops: gives up what is under way.
    void release(Shard* shard) { clients_[static_cast<size_t>(shard->index())].reset(); }

    static constexpr int kAnswerMs = 3'000;
    static constexpr int kTurnMs = 10'000;
    static constexpr size_t kRemembered = 65'536;

  private:
    std::optional<RestSettings> settings_;
    std::vector<std::unique_ptr<RestClient>> clients_;  // per shard, made and destroyed there
    mutable std::mutex mutex_;
    RecentIds intended_{kRemembered};
};

}  // namespace trunkline::vonage
