#pragma once
// What the commands `twilio` and `vonage` have in common: so many calls, a scenario on each, an account at the end.
#include <functional>
#include <memory>

#include "lab/carrier/carrier_call.h"
#include "lab/cli.h"
#include "lab/scenario/runner.h"

namespace trunkline::lab {

/// Begins call `number` (from 1). `prepare` is to run on the call's thread before anything is sent.
using Ring = std::function<std::shared_ptr<CarrierCall>(int number, bool keep_audio,
                                                        std::function<void(CarrierDriver&)> prepare)>;

/// Calls that the server asks for (REST) instead of being rung up.
struct Door {
    std::function<std::shared_ptr<CarrierCall>(int number)> find;  ///< from 1; null while it is being made
    std::function<void()> shut;                                    ///< afterwards no call is prepared any more
};
/// Opens the door. `prepare` is to run for every call, on its thread before anything is sent, in the order of numbers.
using OpenDoor = std::function<Result<Door>(bool keep_audio, std::function<void(CarrierDriver&)> prepare)>;

/// The scenario of the command with its voices; without them when it is only to be checked. Codes: bad-scenario (all
/// problems, one a line), those of SpeechLibrary.
Result<std::shared_ptr<Script>> load_script(const CallsCommand& command);

/// Tells what is wrong with a scenario; returns the exit code. `command` as it is typed.
int complain_of_script(const char* command, const Error& error);

/// SIGINT and SIGTERM reach play_calls() alone. To be called before any thread starts.
void block_interrupts();

/// Rings `command.calls` times. Returns the program's exit code.
int play_calls(const CallsCommand& command, std::shared_ptr<Script> script, const Ring& ring);

/// Plays the scenario on the first `command.calls` calls that the server asks for; without a scenario keeps the line of
/// every call open, until Ctrl-C. Returns the program's exit code.
int await_calls(const CallsCommand& command, std::shared_ptr<Script> script, const OpenDoor& open);

}  // namespace trunkline::lab
