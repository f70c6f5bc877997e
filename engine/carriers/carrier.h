#pragma once
// What every carrier is to the engine: how a call announces itself, and what the carrier says of it later. The concrete
// routes, documents and signatures live in one file pair per carrier beside this one.
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace trunkline {

class Shard;

/// A call that a carrier's webhook announced.
struct IncomingCall {
    std::string carrier;          ///< "twilio", "vonage"
    std::string carrier_call_id;  ///< Twilio's CallSid, Vonage's uuid
    std::string from, to;
    std::string direction;  ///< inbound, outbound
    std::string graph;      ///< asked for by the route, "" = the default one
};

/// A status callback. `status` is already one of `calls.status`: initiated, ringing, in_progress, completed, busy,
/// failed, no_answer, canceled.
struct CarrierStatus {
    std::string carrier;
    std::string carrier_call_id;
    std::string status;
    int64_t sequence = -1;  ///< carriers may deliver out of order; −1 = not numbered
    int64_t duration_s = -1;
    std::string detail;  ///< SIP code, error text
    std::string reason;  ///< end_reason of a call that it ends; empty = the usual one of the status

    bool terminal() const { return status != "initiated" && status != "ringing" && status != "in_progress"; }
};

/// Ends a call at the carrier, which the engine does when it is the engine that wants the end: an agent's hang-up, a
/// limit, a shutdown. On the call's shard; `done` runs once, there, in a later loop turn: then the media socket is
/// closed. For carriers that take a closed socket for a fault; the others need none.
using CarrierHangUp = std::function<void(Shard* shard, const std::string& carrier_call_id, std::function<void()> done)>;

}  // namespace trunkline
