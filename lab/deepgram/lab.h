#pragma once
// `lab deepgram`: plays the Deepgram Voice Agent v1 on ws://host:port/v1/agent/converse.
//
//   Session per socket → Conversation (turns) → Functions, Voice (paced audio)
//                                             ↘ Listener (earned transcripts)
#include <memory>

#include "lab/agent/agent_lab.h"
#include "lab/deepgram/options.h"

namespace trunkline::lab::deepgram {

using agent::Command;
using agent::SessionRecord;

using DeepgramLab = LabOf<DeepgramOptions>;
std::shared_ptr<agent::DoorOf<DeepgramOptions>> make_door(const DeepgramOptions& options);

}  // namespace trunkline::lab::deepgram
