// The two clocks of the project and the one text form of a moment.
#include "engine/core/clock.h"

#include <time.h>

#include <cstdio>

namespace trunkline {

int64_t monotonic_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

int64_t unix_ms() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<int64_t>(now.tv_sec) * 1'000 + now.tv_nsec / 1'000'000;
}

std::string rfc3339(int64_t unix_ms) {
    int64_t ms = unix_ms % 1'000;
    if (ms < 0) ms += 1'000;
    const auto seconds = static_cast<time_t>((unix_ms - ms) / 1'000);
    tm utc{};
    gmtime_r(&seconds, &utc);
    char text[64];
    const int length =
        std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1,
                      utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, static_cast<int>(ms));
    return std::string(text, static_cast<size_t>(length));
}

}  // namespace trunkline
