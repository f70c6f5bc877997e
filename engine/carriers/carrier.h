#pragma once
// What every carrier is to the engine: how a call announces itself, and what the carrier says of it later. The concrete
// routes, documents and signatures live in one file pair per carrier beside this one.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace trunkline {

/// A call that a carrier's webhook announced.
struct IncomingCall {
    std::string carrier;          ///< "twilio"
    std::string carrier_call_id;  ///< CallSid
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

    bool terminal() const { return status != "initiated" && status != "ringing" && status != "in_progress"; }
};

}  // namespace trunkline
