#pragma once
// What goes wrong on purpose: the faults every agent has, and faults by name, for command lines and for the query of a
// socket's address.
#include <cstdlib>
#include <map>
#include <string>
#include <variant>

#include "engine/core/result.h"

namespace trunkline::lab::agent {

/// Times are milliseconds since the session has begun (Session::arm_faults); negative means never.
struct CommonFaults {
    int late_audio_ms = 0;  ///< audio of an interrupted reply that still comes after the client was told
    int error_at_ms = -1;
    std::string error_code;
    int close_at_ms = -1;
    int close_code = 1011;
    int drop_at_ms = -1;           ///< connection reset, no close frame
    bool drop_mid_speech = false;  ///< the same in the middle of the first utterance
    int slow_ms = 0;               ///< every reply is thought about so much longer
    int stall_at_ms = -1;          ///< sends nothing for `stall_ms` from here on, then catches up
    int stall_ms = 2000;
    bool garbage = false;              ///< unknown types, unknown fields, broken JSON between the real messages
    bool error_without_close = false;  ///< the error, then an open socket that says nothing more
};

template <class Faults>
using FaultTable = std::map<std::string, std::variant<bool Faults::*, int Faults::*, std::string Faults::*>>;

/// `own` and the names of CommonFaults.
template <class Faults>
FaultTable<Faults> with_common_faults(FaultTable<Faults> own) {
    own.insert({{"late_audio_ms", &CommonFaults::late_audio_ms},
                {"error_at_ms", &CommonFaults::error_at_ms},
                {"error_code", &CommonFaults::error_code},
                {"close_at_ms", &CommonFaults::close_at_ms},
                {"close_code", &CommonFaults::close_code},
                {"drop_at_ms", &CommonFaults::drop_at_ms},
                {"drop_mid_speech", &CommonFaults::drop_mid_speech},
                {"slow_ms", &CommonFaults::slow_ms},
                {"stall_at_ms", &CommonFaults::stall_at_ms},
                {"stall_ms", &CommonFaults::stall_ms},
                {"garbage", &CommonFaults::garbage},
                {"error_without_close", &CommonFaults::error_without_close}});
    return own;
}

/// `key=value`; a key alone is `key=true`. Codes: unknown-fault (names all), bad-fault.
template <class Faults>
Status set_fault_of(const FaultTable<Faults>& table, Faults& faults, const std::string& assignment) {
    const size_t equals = assignment.find('=');
    const std::string key = assignment.substr(0, equals);
    const std::string value = equals == std::string::npos ? "true" : assignment.substr(equals + 1);
    const auto slot = table.find(key);
    if (slot == table.end()) {
        std::string known;
        for (const auto& [name, unused] : table) known += (known.empty() ? "" : ", ") + name;
        return fail("unknown-fault", "no fault '" + key + "'; known are " + known);
    }
    if (const auto* flag = std::get_if<bool Faults::*>(&slot->second)) {
        if (value != "true" && value != "false") return fail("bad-fault", key + " must be true or false");
        faults.** flag = value == "true";
    } else if (const auto* number = std::get_if<int Faults::*>(&slot->second)) {
        char* end = nullptr;
        const long parsed = std::strtol(value.c_str(), &end, 10);
        if (value.empty() || *end || parsed < -1 || parsed > 86400000) {
            return fail("bad-fault", key + " must be a whole number, not '" + value + "'");
        }
        faults.** number = static_cast<int>(parsed);
    } else {
        faults.*std::get<std::string Faults::*>(slot->second) = value;
    }
    return {};
}

}  // namespace trunkline::lab::agent
