#pragma once
// Decides whether the caller's speech interrupts the agent. Pure: fed with what is known, asked for a verdict.
//
// With `min_speech` 0 the backend's word is enough. Otherwise the caller must also have been heard (monitor pad) for
// that long in the last second; if he was not when the backend spoke up, the verdict waits for him up to a second.
#include <cstdint>
#include <deque>

namespace trunkline::bargein {

class Decider {
  public:
    enum class Verdict { kAccept, kReject, kWait };

    /// Turning it off also ends a verdict that is waited for.
    void set_enabled(bool enabled) {
        enabled_ = enabled;
        if (!enabled) waiting_since_ns_ = 0;
    }
    void set_min_speech_ns(int64_t ns) { min_speech_ns_ = ns; }

    /// A frame of caller audio of `duration_ns`, loud enough to be speech or not.
    void caller_frame(int64_t now_ns, int64_t duration_ns, bool voiced);
    /// The backend says that the caller speaks.
    Verdict speech_started(int64_t now_ns);
    /// Asked again with every frame while waiting: kReject after a second.
    Verdict pending(int64_t now_ns);
    bool waiting() const { return waiting_since_ns_ != 0; }

  private:
    static constexpr int64_t kWindowNs = 1'000'000'000;
    Verdict verdict(int64_t now_ns);
    void forget(int64_t now_ns);

    bool enabled_ = true;
    int64_t min_speech_ns_ = 0;
    int64_t waiting_since_ns_ = 0;
    int64_t voiced_ns_ = 0;
    struct Frame {
        int64_t at_ns, duration_ns;
    };
    std::deque<Frame> voiced_;
};

}  // namespace trunkline::bargein
