// Faults by name, for command lines and for the query of the socket's address.
#include "lab/agent/fault_table.h"
#include "lab/deepgram/options.h"

namespace trunkline::lab::deepgram {
namespace {

const agent::FaultTable<Faults>& slots() {
    static const agent::FaultTable<Faults> kSlots = {
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
        {"drop_mid_speech", &Faults::drop_mid_speech},
        {"slow_ms", &Faults::slow_ms},
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
    return agent::set_fault_of(slots(), faults, assignment);
}

}  // namespace trunkline::lab::deepgram
