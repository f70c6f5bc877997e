#pragma once
// What vonagesrc and vonagesink say of themselves, their formats, and how a Vonage line is played to.
#include "engine/line/carrier_kind.h"

namespace trunkline::vonage {

#define TRUNKLINE_VONAGE_CAPS \
    "audio/x-raw, format=(string)S16LE, layout=(string)interleaved, rate=(int){8000,16000,24000}, channels=(int)1"

/// Two seconds ahead are 100 messages; the old queue held 1,024 and the present one holds 3,072. The old module read a
/// message per 10 ms, twice real time, and knew no notify.
inline constexpr line::CarrierKind kVonage{
    .carrier = "vonage",
    .title = "Vonage",
    .playout = {.burst_ms = 200, .speed_percent = 150, .presume_after_ms = 2'000},
    .most_ahead_ns = 60'000'000'000,
    .many_rates = true,
    .rate = 16'000,
    .mark_is_called = "notify",
};

}  // namespace trunkline::vonage
