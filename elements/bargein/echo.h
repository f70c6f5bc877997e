#pragma once
// How loud may the echo of the agent be in what comes from the caller now? No canceller: an upper bound of its level.
//
// What was sent plays one piece after the other from the moment it was given, as the sinks hand it out, and comes back
// up to `max_delay` later (network, phone, room), `loss` quieter. The loudest of it is the bound. The loss is learnt:
// it shrinks to what came back and was no speech, and grows while the agent is heard and nothing comes back. It does
// not grow far: an echo may begin in the middle of a call (the phone is put on its loudspeaker), and one that was once
// taken for speech would teach nothing and cut every reply from then on.
#include <cstddef>
#include <cstdint>
#include <deque>

namespace trunkline::bargein {

struct EchoOptions {
    int64_t max_delay_ns = 700'000'000;
    double first_loss_db = 15;  ///< assumed before anything is known
    double least_loss_db = 6, most_loss_db = 17;
    double margin_db = 3;  ///< kept below what was seen
};

class Echo {
  public:
    explicit Echo(const EchoOptions& options = {}) : options_(options), loss_db_(options.first_loss_db) {}

    /// 20 ms of agent audio were given to the line.
    void sent(double dbfs, int64_t now_ns);
    /// The line threw away what had not been heard.
    void cleared(int64_t now_ns);
    /// The line was held and plays on: what had not been heard comes that much later.
    void delayed(int64_t now_ns, int64_t by_ns);
    double bound_dbfs(int64_t now_ns);
    /// A frame of the caller's that was no speech.
    void heard_no_speech(double dbfs, int64_t now_ns);
    double loss_db() const { return loss_db_; }
    void set_max_delay_ns(int64_t ns) { options_.max_delay_ns = ns; }

  private:
    static constexpr size_t kMost = 20'000;  // 400 s at 20 ms: the sinks keep no more
    static constexpr double kSilence = -100;
    struct Piece {
        int64_t at_ns;
        double dbfs;
    };
    double loudest(int64_t now_ns);

    EchoOptions options_;
    std::deque<Piece> pieces_;  // in the order of their time
    int64_t ends_ns_ = 0;
    double loss_db_;
};

}  // namespace trunkline::bargein
