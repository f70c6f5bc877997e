#pragma once
// What the elements of one carrier differ in.
#include <cstdint>

#include "engine/line/playout.h"

namespace trunkline::line {

struct CarrierKind {
    const char* carrier;         ///< MediaSession::carrier(): "twilio"
    const char* title;           ///< for people: "Twilio"
    PlayoutOptions playout;      ///< defaults of the sink
    uint64_t most_ahead_ns;      ///< the carrier's buffer: nobody may set send-ahead beyond it
    bool many_rates = false;     ///< the elements have a property `rate`: 8000, 16000 or 24000
    int rate = 8000;             ///< its default
    const char* mark_is_called;  ///< what a mark is on the wire: "mark"
};

}  // namespace trunkline::line
