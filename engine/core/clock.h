#pragma once
#include <cstdint>
#include <string>

namespace trunkline {

/// CLOCK_MONOTONIC in nanoseconds; the only clock durations are measured with.
int64_t monotonic_ns();
/// Wall clock, milliseconds since the Unix epoch.
int64_t unix_ms();
/// "2026-11-20T10:24:03.512Z" (RFC 3339, UTC, milliseconds).
std::string rfc3339(int64_t unix_ms);

}  // namespace trunkline
