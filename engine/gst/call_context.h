#pragma once
// What the elements of one call may know of it, handed to them as a GstContext set on the pipeline before READY.
// Elements never see engine/call; an element that runs without a call (gst-launch) has no CallContext and makes do.
#include <gst/gst.h>

#include <functional>
#include <string>
#include <vector>

#include "engine/events/fact.h"
#include "engine/events/turn_clock.h"

namespace trunkline {

class MediaSession;
class Outbox;
class Shard;

/// Owned by the call, outlives the pipeline; shard thread only.
struct CallContext {
    Shard* shard = nullptr;
    FactNumberer* facts = nullptr;
    TurnClock* turns = nullptr;
    MediaSession* media = nullptr;  ///< the carrier's connection
    Outbox* outbox = nullptr;
    /// Asks for the end of the call; deferred, the first reason wins. who: caller, agent, api, limit, error.
    std::function<void(std::string_view reason, std::string_view who, bool failed)> hang_up;
    /// Which backend session this is, for the `calls` row: (backend, config id, session id).
    std::function<void(std::string_view backend, std::string_view config, std::string_view session)> backend_known;
    /// Facts of the call itself (call.created, call.ended, …) pass no pad: sinks other than the database join here.
    /// They get those made so far at once and later ones even after the pipeline is gone, so `sink` must own what it
    /// uses.
    void join_call_facts(std::function<void(const FactPtr&)> sink);
    std::vector<FactPtr> call_facts;
    std::vector<std::function<void(const FactPtr&)>> call_fact_sinks;
};

inline constexpr const char* kCallContextType = "trunkline.call";

/// A GstContext that carries `call` (borrowed). Transfer full.
GstContext* call_context_new(CallContext* call);
/// The call in `context`, or nullptr when it is a context of another kind.
CallContext* call_context_get(GstContext* context);

}  // namespace trunkline
