#pragma once
// A line that somebody wants the agent to say. The server may refuse it while somebody speaks; then it is tried once
// more, when the agent has fallen silent or after a moment. Shard thread only.
#include <functional>
#include <optional>
#include <string>

#include "elements/deepgram/deepgram_protocol.h"
#include "engine/loop/shard.h"

namespace trunkline::deepgram {

class Injector {
  public:
    static constexpr std::chrono::milliseconds kRetryAfter{1'500};

    struct Hooks {
        std::function<bool(std::string message)> send;  ///< false: not taken
        std::function<void(std::string why)> gave_up;
    };

    Injector(Shard* shard, Hooks hooks) : shard_(shard), hooks_(std::move(hooks)) {}
    ~Injector() { shard_->cancel(timer_); }

    void inject(std::string text, InjectBehavior behavior) {
        shard_->cancel(std::exchange(timer_, 0));
        last_ = Line{std::move(text), behavior, false};
        send();
    }
    /// The server refused the last line, or warned that it did.
    void on_refused(const std::string& why) {
        if (!last_ || timer_ != 0) return;
        if (std::exchange(last_->tried_twice, true)) {
            last_.reset();
            hooks_.gave_up(why);
            return;
        }
        timer_ = shard_->after(kRetryAfter, [this] {
            timer_ = 0;
            send();
        });
    }
    void on_agent_silent() {
        if (timer_ == 0) return;
        shard_->cancel(std::exchange(timer_, 0));
        send();
    }

  private:
    struct Line {
        std::string text;
        InjectBehavior behavior;
        bool tried_twice;
    };
    void send() {
        if (hooks_.send(write_inject_agent(last_->text, last_->behavior))) return;
        last_.reset();
        hooks_.gave_up("too many messages wait for the voice agent");
    }

    Shard* shard_;
    Hooks hooks_;
    std::optional<Line> last_;
    TimerId timer_ = 0;
};

}  // namespace trunkline::deepgram
