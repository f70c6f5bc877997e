// Faults by name, for command lines and for the query of the socket's address.
#include <cstdlib>
#include <map>
#include <variant>

#include "lab/deepgram/options.h"

namespace trunkline::lab::deepgram {
namespace {

using Slot = std::variant<bool Faults::*, int Faults::*, std::string Faults::*>;

const std::map<std::string, Slot>& slots() {
    static const std::map<std::string, Slot> kSlots = {
        {"never_welcome", &Faults::never_welcome},
        {"never_applied", &Faults::never_applied},
        {"audio_before_applied", &Faults::audio_before_applied},
        {"late_audio_ms", &Faults::late_audio_ms},
        {"error_at_ms", &Faults::error_at_ms},
        {"error_code", &Faults::error_code},
        {"warning_at_ms", &Faults::warning_at_ms},
        {"warning_code", &Faults::warning_code},
        {"close_at_ms", &Faults::close_at_ms},
        {"close_code", &Faults::close_code},
        {"drop_at_ms", &Faults::drop_at_ms},
        {"stall_at_ms", &Faults::stall_at_ms},
        {"stall_ms", &Faults::stall_ms},
        {"garbage", &Faults::garbage},
        {"out_of_order", &Faults::out_of_order},
        {"error_without_close", &Faults::error_without_close},
    };
    return kSlots;
}

}  // namespace

Status set_fault(Faults& faults, const std::string& assignment) {
    const size_t equals = assignment.find('=');
    const std::string key = assignment.substr(0, equals);
    const std::string value = equals == std::string::npos ? "true" : assignment.substr(equals + 1);
    const auto slot = slots().find(key);
    if (slot == slots().end()) {
        std::string known;
        for (const auto& [name, unused] : slots()) known += (known.empty() ? "" : ", ") + name;
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

}  // namespace trunkline::lab::deepgram
