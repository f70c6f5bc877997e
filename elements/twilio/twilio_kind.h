#pragma once
// What twiliosrc and twiliosink say of themselves, and their format.
#include "engine/line/carrier_kind.h"

namespace trunkline::twilio {

#define TRUNKLINE_TWILIO_CAPS "audio/x-mulaw, rate=(int)8000, channels=(int)1"

inline constexpr line::CarrierKind kTwilio{
    .carrier = "twilio",
    .title = "Twilio",
    .playout = {},
    .most_ahead_ns = 300'000'000'000,  // Twilio discards beyond ten minutes
    .many_rates = false,
    .rate = 8000,
    .mark_is_called = "mark",
};

}  // namespace trunkline::twilio
