#pragma once
// Which of Hume's refusals and errors may pass: what a new try can help against.
#include <string>

#include "engine/agent/session.h"

namespace trunkline::hume {

/// What an `error` message means for the chat, by its code: E01xx and E02xx are about one message of ours, E03xx about
/// the account, E07xx about how the chat is used.
enum class ErrorKind {
    kOfOneMessage,  ///< the chat goes on without it
    kOfAccount,     ///< nothing will come any more
    kOfTheMoment,   ///< if the connection ends after it, a new one may do
};
ErrorKind kind_of_error(const std::string& code);

/// The end of a session whose dial was answered with a 4xx status.
agent::SessionEnd refused(const UpgradeRefusal& refusal);
/// Too many chats at once (429) passes when others end.
bool refusal_may_pass(int http_status);

}  // namespace trunkline::hume
