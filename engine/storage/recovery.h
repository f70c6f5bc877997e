#pragma once
// After a crash: calls that a killed process left open are closed, so that nobody waits for them for ever.
#include "engine/core/result.h"
#include "engine/storage/database.h"

namespace trunkline {

/// Ends every call without an end as failed with reason "engine-restart", with a `call.ended` fact of the next number,
/// which also goes to the webhooks that got facts of that call. Returns how many. Before the storage thread starts.
Result<int> close_abandoned_calls(SessionPtr session);

}  // namespace trunkline
