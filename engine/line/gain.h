#pragma once
// Loudness of encoded audio, for a reply that is held while somebody may be interrupting it.
#include <cstdint>
#include <span>

#include "engine/line/format.h"

namespace trunkline::line {

/// Multiplies `audio` in place by a gain that goes from `from` to `to` in a straight line. A trailing odd byte of L16
/// stays as it is.
void apply_gain(Encoding encoding, std::span<uint8_t> audio, double from, double to);

int mulaw_decode(uint8_t code);
uint8_t mulaw_encode(int sample);

}  // namespace trunkline::line
