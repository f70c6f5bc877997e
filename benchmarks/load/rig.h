#pragma once
// What all parts of one measurement share: the plan, the loop, the clock window in which frames count, and the records.
#include <netinet/in.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "benchmarks/load/reactor.h"
#include "benchmarks/load/stamped_audio.h"
#include "engine/core/histogram.h"

namespace trunkline::load {

/// How the load is made; the same for every target of one invocation.
struct LoadPlan {
    std::string host = "127.0.0.1";
    std::string voice_path = "/twilio/voice";
    std::string auth_token;  ///< signs webhooks and upgrades when set
    std::string public_url;  ///< what the engine believes its address to be, for signatures; default http://host:port
    int64_t ramp_ns = 0;
    int64_t settle_ns = 0;       ///< between "all calls are up" and the steady window
    int64_t window_ns = 0;       ///< the steady window
    int64_t setup_limit_ns = 0;  ///< after the ramp, for the slowest call
    int64_t talk_ns = 0, silence_ns = 0;
    int64_t agent_burst_ns = kFrameNs;  ///< audio the agent sends at once, a multiple of 20 ms
    size_t agent_message_bytes = 0;     ///< splits it into messages of this size; 0: one message
};

/// The steady window: frames whose intended time lies inside it are measured.
struct Window {
    int64_t start = INT64_MAX, end = INT64_MAX;
    bool holds(int64_t t) const { return t >= start && t < end; }
};

struct CallRecord {
    int64_t dialed_ns = 0;       ///< media socket: connect began
    int64_t first_heard_ns = 0;  ///< first frame at the backend
    uint32_t up_sent = 0, down_sent = 0;
    FrameTally up, down;
};

struct Meters {
    Window window;
    Histogram up, down;                      ///< ns, from the intended time
    Histogram up_from_sent, down_from_sent;  ///< ns, from the moment the rig really sent
    Histogram lateness;                      ///< ns, of the rig's own sends
    Histogram webhook, first_frame;          ///< ns
    uint64_t misrouted = 0;                  ///< frames that came out at another call
    uint64_t marks = 0, clears = 0;
    std::map<std::string, uint32_t> failures;  ///< reason → calls
    void fail(const std::string& reason) { ++failures[reason]; }
};

struct Rig {
    const LoadPlan& plan;
    Reactor& reactor;
    Meters& meters;
    sockaddr_in engine{};
    uint16_t engine_port = 0;
    std::string run_id;  ///< 16 hex digits, makes the SIDs of this run unlike any other's
    std::vector<CallRecord> records;
    int64_t epoch_ns = 0;  ///< phases and talk cycles count from here

    uint32_t calls() const { return static_cast<uint32_t>(records.size()); }
    /// Calls are spread evenly over the 20 ms of a frame.
    int64_t phase_ns(uint32_t call) const { return kFrameNs * call / calls(); }
    /// The first moment at or after `t` that lies on the 20 ms grid of `phase`.
    int64_t next_on_grid(int64_t t, int64_t phase) const {
        const int64_t past = (t - epoch_ns - phase) % kFrameNs;
        return past == 0 ? t : t + (past < 0 ? -past : kFrameNs - past);
    }
};

}  // namespace trunkline::load
