#pragma once
// Which carrier and which voice-AI backend the rig plays, and what the engine does to the audio between them.
#include <string>

#include "benchmarks/load/stamps.h"

namespace trunkline::load {

enum class CarrierKind { kTwilio, kVonage };
enum class BackendKind { kDeepgram, kHume };

struct Cell {
    CarrierKind carrier = CarrierKind::kTwilio;
    BackendKind backend = BackendKind::kDeepgram;
    uint32_t vonage_rate = 16000;  ///< of Vonage's media socket: 8000, 16000 or 24000
    uint32_t hume_rate = 16000;    ///< what the graph sends to Hume

    AudioFormat line() const { return carrier == CarrierKind::kTwilio ? kMulaw : linear16(vonage_rate); }
    /// Caller to agent. Deepgram gets what the line has; for Hume the caller is made louder and resampled.
    Leg up() const;
    /// Agent to caller. Hume speaks at 48 kHz, whatever the line has.
    Leg down() const;
};

}  // namespace trunkline::load
