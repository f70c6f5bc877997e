#pragma once
// A call between its announcement (webhook) and its media socket: what Call is made from.
#include <cstdint>
#include <memory>
#include <string>

#include "engine/carriers/carrier.h"
#include "engine/events/fact.h"
#include "engine/events/outbox.h"
#include "engine/graph/plan.h"

namespace trunkline {

struct WaitingCall {
    std::string call_id;
    IncomingCall incoming;
    graph::PlanPtr plan;
    std::string params_json;  ///< checked, with defaults
    int64_t created_ns = 0;
    int64_t created_unix_ms = 0;
    std::unique_ptr<FactNumberer> facts;
    std::vector<FactPtr> made;  ///< call.created
};

/// How a call ended, in the words of the `calls` row.
struct CallEnding {
    std::string status = "completed";  ///< completed, failed, busy, no_answer, canceled
    std::string reason;
    std::string who;  ///< caller, agent, api, limit, error
    std::string detail;
};

/// The last fact and row of a call, the same for one that never had a socket. Returns the fact.
FactPtr put_call_ended(Outbox* outbox, FactNumberer& facts, const std::string& call_id, const CallEnding& ending,
                       int64_t duration_ms);

}  // namespace trunkline
