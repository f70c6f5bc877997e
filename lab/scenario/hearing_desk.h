#pragma once
// Recognises what callers hear, away from the thread that plays it: correlation takes milliseconds and a late frame
// would be the lab's own fault. One worker for all calls.
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "lab/speech/listener.h"

namespace trunkline::lab {

class HearingDesk {
  public:
    /// What one call has heard so far. Thread-safe.
    class Seat {
      public:
        std::vector<Hearing> hearings() const;
        bool caught_up() const;   ///< everything handed in has been listened to
        size_t listened() const;  ///< samples listened to so far

      private:
        friend class HearingDesk;
        mutable std::mutex mutex_;
        std::vector<Hearing> hearings_;
        size_t waiting_ = 0;
        size_t listened_ = 0;
        std::unique_ptr<Listener> listener_;  // worker only
    };

    explicit HearingDesk(std::shared_ptr<const KnownSpeech> known);
    ~HearingDesk();
    std::shared_ptr<Seat> seat();
    /// μ-law as it was played; `resampled`: the wire has another rate than recordings, whose highest tones it lost.
    void hear(const std::shared_ptr<Seat>& seat, std::vector<uint8_t> played, bool resampled);
    /// The stream is over: what was being said is judged as it is.
    void finish(const std::shared_ptr<Seat>& seat);

  private:
    struct Job {
        std::shared_ptr<Seat> seat;
        std::vector<uint8_t> played;
        bool resampled = false;
        bool finish = false;
    };
    void enqueue(Job job);
    void work();

    std::shared_ptr<const KnownSpeech> known_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> jobs_;
    bool stopping_ = false;
    std::thread worker_;
};

}  // namespace trunkline::lab
