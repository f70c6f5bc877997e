#pragma once
// The clock of the turns of one call: where the time between the caller's last word and the answer at his ear went.
//
//   t0 ──engine_in── t2 ──endpointing── t1 ──thinking── t4 ──engine_graph── t5 ──engine_out── t6 ──carrier── t7
//   last voiced      written to        backend says     first audio         reached the      written to    mark of it
//   caller frame     the backend       "he is done"     of the reply        carrier's sink   the carrier   came back
//   read
//
// engine_ms = engine_in + engine_graph + engine_out is ours; backend_ms = t4 − t2 is the backend's;
// voice_to_voice_ms = t6 − t0; unexplained_ms = what is left of it. A greeting has no t0…t2: it has engine_graph and
// engine_out only, and no voice_to_voice_ms.
#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace trunkline {

/// All monotonic nanoseconds; 0 = not known.
struct TurnTimes {
    int64_t t0 = 0, t1 = 0, t2 = 0, t4 = 0, t5 = 0, t6 = 0, t7 = 0;
};

/// Shard thread of the call only.
class TurnClock {
  public:
    /// The turn that is under way: from 1; 0 before anything was said. A turn begins when the caller speaks after a
    /// reply, or with the first reply when the agent greets.
    uint64_t turn() const { return turn_; }

    /// The turn that reply `epoch` answered; the current one when it is too long ago (or 0).
    uint64_t turn_of(uint64_t epoch) const;

    /// Every caller frame, as it is written to the backend.
    void caller_frame(int64_t ingress_ns, int64_t sent_ns, bool voiced);
    /// The backend or a detector says that the caller speaks; begins a turn when the last one was answered.
    void user_speech(int64_t now_ns);
    /// The backend says what the caller said: he is done.
    void user_done(int64_t now_ns);
    /// The backend says what the agent says, before its audio: a greeting begins the first turn.
    void agent_text();
    /// First audio of a reply came from the backend. Returns the reply's epoch, from 1.
    uint64_t reply_audio(int64_t now_ns);
    /// The reply `epoch` at the carrier: first audio in the sink (t5), on the socket (t6), heard (t7); 0 = not known.
    void reply_on_line(uint64_t epoch, int64_t t5, int64_t t6, int64_t t7);

    /// Fields of a `turn.latency` fact for the turn of reply `epoch`, once: nothing when it was taken or is not known.
    /// {"epoch","engine_in_ms","endpointing_ms","thinking_ms","engine_graph_ms","engine_out_ms","carrier_ms",
    ///  "engine_ms","backend_ms","voice_to_voice_ms","unexplained_ms"}, each a number or null.
    std::optional<std::string> take_report(uint64_t epoch);
    const TurnTimes& times() const { return times_; }

    /// When somebody last spoke (caller voiced, or agent audio sent), monotonic ns; 0 = nobody yet.
    int64_t last_activity_ns() const { return last_activity_ns_; }
    void activity(int64_t now_ns) { last_activity_ns_ = now_ns; }

  private:
    uint64_t turn_ = 0;
    uint64_t epoch_ = 0;
    std::array<uint64_t, 16> turn_of_epoch_{};  // of the last replies, by epoch modulo its size
    bool answered_ = false;
    bool reported_ = true;
    int64_t voiced_ingress_ns_ = 0, voiced_sent_ns_ = 0;
    int64_t last_activity_ns_ = 0;
    TurnTimes times_;
};

}  // namespace trunkline
