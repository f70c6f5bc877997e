#pragma once
// Work for the thread that runs a GMainContext.
#include <functional>

typedef struct _GMainContext GMainContext;

namespace trunkline {

/// Runs `task` once in one of the next turns of `context`, from any thread. A task that never gets its turn is
/// destroyed with the context.
void run_soon(GMainContext* context, std::function<void()> task);

}  // namespace trunkline
