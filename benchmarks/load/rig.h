#pragma once
// What all parts of one measurement share: the plan, the loop, the clock window in which frames count, and the records.
#include <netinet/in.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "benchmarks/load/cell.h"
#include "benchmarks/load/reactor.h"
#include "benchmarks/load/stamps.h"
#include "benchmarks/load/tls_channel.h"
#include "engine/core/histogram.h"

namespace trunkline::load {

/// How the load is made; the same for every target of one invocation.
struct LoadPlan {
    std::string host = "127.0.0.1";
    Cell cell;
    std::string voice_path;
    std::string auth_token;  ///< signs webhooks and upgrades when set
    std::string public_url;  ///< what the engine believes its address to be, for signatures; default http://host:port
    int64_t ramp_ns = 0;
    int64_t settle_ns = 0;       ///< between "all calls are up" and the steady window
    int64_t window_ns = 0;       ///< the steady window
    int64_t setup_limit_ns = 0;  ///< after the ramp, for the slowest call
    int64_t talk_ns = 0, silence_ns = 0;
    int64_t agent_burst_ns = kFrameNs;        ///< audio the agent sends at once, a multiple of 20 ms
    size_t agent_message_bytes = 0;           ///< splits it into messages of this size; 0: one message
    int64_t agent_delay_ns = 0;               ///< the agent waits this long before its first message
    double new_calls_per_second = 0;          ///< short calls that begin all the time beside the steady ones
    int64_t new_call_life_ns = 0;             ///< each of them talks this long
    const TlsContext* agent_tls = nullptr;    ///< the agent's certificate; null: plain ws
    const TlsContext* carrier_tls = nullptr;  ///< checks the engine's certificate; null: plain http and ws
};

/// The steady window: frames whose intended time lies inside it are measured.
struct Window {
    int64_t start = INT64_MAX, end = INT64_MAX;
    bool holds(int64_t t) const { return t >= start && t < end; }
};

/// How calls begin: of all steady ones, or of the new ones that begin inside the steady window.
struct StartMeters {
    Histogram webhook;            ///< ns, from the moment the call should begin until its document is here
    Histogram first_frame;        ///< ns, from the dial of the media socket to the first frame at the agent
    Histogram handshake;          ///< ns of it that are the backend's (see backend_share_ns)
    Histogram first_frame_apart;  ///< ns, first_frame without them
    Histogram caught_up;          ///< ns, from SettingsApplied until the last frame that waited for it was heard
    Histogram later;              ///< ns, frames from one second after SettingsApplied on, from their intended time
    uint64_t waited = 0;          ///< frames that the caller sent before SettingsApplied
};

struct CallRecord {
    StartMeters* start = nullptr;  ///< null: its beginning is not measured
    int64_t dialed_ns = 0;         ///< media socket: connect began
    int64_t accepted_ns = 0;       ///< at the agent: the engine's connection
    int64_t settled_ns = 0;        ///< at the agent: SettingsApplied was sent
    int64_t first_heard_ns = 0;    ///< first frame at the backend
    int64_t waited_heard_ns = 0;   ///< last frame that had been sent before SettingsApplied
    int64_t phase_ns = 0;          ///< of a new call; the steady ones are spread evenly
    uint32_t up_sent = 0, down_sent = 0;
    uint32_t waited = 0;                      ///< frames heard that had been sent before SettingsApplied
    bool waited_counted = false;              ///< the first one sent after it was heard, so that these are all
    uint32_t up_judged = 0, down_judged = 0;  ///< of a new call: frames below must have arrived
    FrameTally up, down;
    int64_t line_busy_ns = 0;  ///< what the carrier has of the agent's audio is played by then
};

/// What of the time between the dial of the media socket and the first frame at the agent is the backend's: from the
/// engine's connection until the agent has sent SettingsApplied.
inline int64_t backend_share_ns(const CallRecord& record) {
    return std::max<int64_t>(0, record.settled_ns - std::max(record.accepted_ns, record.dialed_ns));
}

struct Meters {
    Window window;
    Histogram up, down;                      ///< ns, from the intended time
    Histogram up_from_sent, down_from_sent;  ///< ns, from the moment the rig really sent
    Histogram lateness;                      ///< ns, of the rig's own sends
    StartMeters ramp, fresh;                 ///< the steady calls; the new ones
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
    std::string run_id;   ///< 16 hex digits, makes the SIDs of this run unlike any other's
    uint32_t steady = 0;  ///< calls that are up all the time; those after them are new ones
    std::vector<CallRecord> records;
    SentTimes sent_up, sent_down;  ///< where a frame cannot hold them
    int64_t epoch_ns = 0;          ///< phases and talk cycles count from here

    bool is_new(uint32_t call) const { return call >= steady; }
    /// Steady calls are spread evenly over the 20 ms of a frame, new ones speak when they begin.
    int64_t phase_ns(uint32_t call) const { return is_new(call) ? records[call].phase_ns : kFrameNs * call / steady; }
    /// The first moment at or after `t` that lies on the 20 ms grid of `phase`.
    int64_t next_on_grid(int64_t t, int64_t phase) const {
        const int64_t past = (t - epoch_ns - phase) % kFrameNs;
        return past == 0 ? t : t + (past < 0 ? -past : kFrameNs - past);
    }
};

}  // namespace trunkline::load
