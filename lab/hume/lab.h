#pragma once
// `lab hume`: plays Hume EVI on ws://host:port/v0/evi/chat.
//
//   Session per socket → Conversation (turns, interruptions) → Voice (numbered WAV pieces)
//                                                            ↘ Listener (earned transcripts), Tools
#include <memory>

#include "lab/agent/agent_lab.h"
#include "lab/hume/options.h"

namespace trunkline::lab::hume {

using agent::Command;

using HumeLab = LabOf<HumeOptions>;
std::shared_ptr<agent::DoorOf<HumeOptions>> make_door(const HumeOptions& options);

}  // namespace trunkline::lab::hume
