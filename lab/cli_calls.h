#pragma once
// What the commands `twilio` and `vonage` have in common: so many calls, a scenario on each, an account at the end.
#include <functional>
#include <memory>

#include "lab/carrier/carrier_call.h"
#include "lab/cli.h"
#include "lab/scenario/runner.h"

namespace trunkline::lab {

/// Begins call `number` (from 1). `prepare` is to run on the call's thread before anything is sent.
using Ring =
    std::function<std::unique_ptr<CarrierCall>(int number, bool keep_audio, std::function<void(CarrierDriver&)> prepare)>;

/// The scenario of the command with its voices; without them when it is only to be checked. Codes: bad-scenario (all
/// problems, one a line), those of SpeechLibrary.
Result<std::shared_ptr<Script>> load_script(const CallsCommand& command);

/// Tells what is wrong with a scenario; returns the exit code. `command` as it is typed.
int complain_of_script(const char* command, const Error& error);

/// SIGINT and SIGTERM reach play_calls() alone. To be called before any thread starts.
void block_interrupts();

/// Returns the program's exit code.
int play_calls(const CallsCommand& command, std::shared_ptr<Script> script, Ring ring);

}  // namespace trunkline::lab
