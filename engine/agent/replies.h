#pragma once
// What the agent says, from the backend to the source pad, one numbered reply (epoch) after the other:
//
//   binary ──gate──▶ [reply n begins] audio … [reply n ends] ──▶ src
//               ▲                          ◀── playback events: what the caller has heard
//               └ closed by an interruption: what still comes of the old reply is stale; opened by the next turn
//
// Where nothing downstream tells what was heard (no carrier's sink), an own clock stands in. Shard thread only.
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/agent/audio_format.h"
#include "engine/events/turn_clock.h"
#include "engine/gst/control.h"
#include "engine/gst/live_source_pad.h"
#include "engine/loop/shard.h"

namespace trunkline::agent {

class Replies {
  public:
    /// A fact about reply `epoch`.
    using Fact = std::function<void(std::string_view type, std::string fields, uint64_t epoch)>;

    /// `turns` may be nullptr: without a call the epochs are counted here.
    Replies(Shard* shard, gst::LiveSourcePad* pad, TurnClock* turns, Fact fact);
    ~Replies();

    /// Of the audio that comes from now on; it may change between two messages.
    void set_format(AudioFormat format);
    /// One binary message of the agent; any length.
    GstFlowReturn audio(std::span<const uint8_t> bytes);
    /// No more audio of the reply will come: the backend says so, or a new turn has begun.
    void audio_done();
    /// A sign of the next turn: audio is fresh again. Of a backend that does not know of the interruption yet it may be
    /// a sign of the old one: then it counts when the backend has noticed.
    void open_gate() {
        gate_open_ = !backend_unaware_;
        sign_waits_ = backend_unaware_;
    }
    /// The interruption that follows was decided without the backend, which may go on with a reply it is not done with.
    void backend_is_unaware() { backend_unaware_ = open_; }
    bool backend_unaware() const { return backend_unaware_; }
    /// It says that the caller speaks, what he said, or that the reply is over.
    void backend_noticed() {
        backend_unaware_ = false;
        if (std::exchange(sign_waits_, false)) gate_open_ = true;
    }
    /// The reply is over now: flushes downstream and closes the gate. From a deferred task or a pad's event function.
    void interrupt();
    void on_playback(const gst::Playback& playback);
    /// Last facts, for replies whose end nobody told.
    void finish();

    /// Nothing that was said is still to be heard.
    bool idle() const;
    uint64_t stale_bytes() const { return stale_bytes_; }

  private:
    struct Reply {
        uint64_t epoch = 0;
        uint64_t bytes = 0;      ///< in the format that is set
        int64_t earlier_ms = 0;  ///< what came in another one
        int64_t first_ns = 0;
        bool stopped = false;
    };

    void begin(int64_t now);
    void end_current();
    void stopped(Reply& reply, int64_t played_ms, bool interrupted);
    void report_latency(uint64_t epoch);
    void arm_clock(int64_t now);
    void on_clock();
    int64_t length_ms(const Reply& reply) const;
    int64_t estimate_ms(const Reply& reply, int64_t now) const;
    Reply* find(uint64_t epoch);

    Shard* shard_;
    gst::LiveSourcePad* pad_;
    TurnClock* turns_;
    Fact fact_;
    AudioFormat format_;
    bool gate_open_ = true;
    bool backend_unaware_ = false;
    bool sign_waits_ = false;      ///< of the next turn, until the backend has noticed
    bool open_ = false;            ///< the last reply still gets audio
    std::optional<bool> in_step_;  ///< nothing downstream holds audio back; known with the first reply
    bool line_reports_ = false;    ///< a sink downstream tells what was heard
    uint64_t own_epochs_ = 0;
    uint64_t stale_bytes_ = 0;
    std::deque<Reply> replies_;  ///< the last few
    std::vector<uint8_t> joined_;
    int odd_byte_ = -1;  ///< half a sample that ended a message
    TimerId clock_ = 0;
};

}  // namespace trunkline::agent
