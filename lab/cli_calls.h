#pragma once
// What the commands `twilio` and `vonage` have in common: so many calls, a scenario on each, an account at the end.
#include <signal.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

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

/// Says on standard error what is wrong with the use of `trunkline-lab COMMAND`; returns the exit code.
int wrong_use(const char* command, const std::string& message);

/// The command's scenario with its voices, read into `script`, which stays null without one. `from` and `to` become the
/// numbers that it names. An exit code when the command is over with that: the scenario is wrong, or was only to be
/// checked.
std::optional<int> read_script(const char* name, const CallsCommand& command, std::string& from, std::string& to,
                               std::shared_ptr<Script>& script);

/// Where the server is decides where sockets are dialed: nothing of a call on this machine leaves it. Codes: bad-url,
/// bad-address.
Status settle_dial(const std::string& webhook_url, std::string& dial);

/// SIGINT and SIGTERM.
sigset_t interrupts();
/// They reach play_calls() alone. To be called before any thread starts.
void block_interrupts();

/// Rings `command.calls` times. Returns the program's exit code.
int play_calls(const CallsCommand& command, std::shared_ptr<Script> script, const Ring& ring);

/// Plays the scenario on the first `command.calls` calls that the server asks for; without a scenario keeps the line of
/// every call open, until Ctrl-C. Returns the program's exit code.
int await_calls(const CallsCommand& command, std::shared_ptr<Script> script, const OpenDoor& open);

}  // namespace trunkline::lab
