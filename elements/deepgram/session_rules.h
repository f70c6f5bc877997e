#pragma once
// How Deepgram is greeted, and which of its refusals and errors may pass: what a new try can help against.
#include <cstdint>
#include <string>

#include "elements/deepgram/deepgram_session.h"

namespace trunkline::deepgram {

/// Value of the Authorization header: keys go as "Token", short-lived JSON web tokens ("eyJ….….…") as "Bearer".
std::string authorization(const std::string& key);

using agent::code_may_pass;

/// Server errors that lie in the moment and not in what we sent.
bool error_may_pass(const std::string& code);

/// The end of a session whose dial was answered with a 4xx status, which no new try helps against.
SessionEnd refused(const UpgradeRefusal& refusal);

}  // namespace trunkline::deepgram
