#pragma once
// Durations with units: "120ms", "1m30s", "-20ms". A bare number is not a duration: nobody can tell its unit.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trunkline::graph {

/// Nanoseconds; nothing when the text is no duration or does not fit. Units: ns us ms s m h, decimals allowed.
std::optional<int64_t> parse_duration(std::string_view text);
/// In the largest unit that is exact: 1800000000000 -> "30m", 1200000000 -> "1200ms".
std::string format_duration(uint64_t nanoseconds);

}  // namespace trunkline::graph
