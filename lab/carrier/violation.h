#pragma once
// What a simulated carrier holds against the server; every carrier has codes of its own.
#include <string>

namespace trunkline::lab {

struct Violation {
    int code = 0;          ///< Twilio's error or warning number, or the lab's for Vonage (lab/vonage/codes.h)
    bool warning = false;  ///< a warning leaves the stream alive
    std::string message;
    double at_ms = 0;  ///< since the call began
    int repeats = 0;   ///< how often it came again; warnings are reported once a stream
};

}  // namespace trunkline::lab
