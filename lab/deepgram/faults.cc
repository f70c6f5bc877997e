// Faults by name.
#include "lab/agent/faults.h"

#include "lab/deepgram/options.h"

namespace trunkline::lab::deepgram {

Status set_fault(Faults& faults, const std::string& assignment) {
    static const auto kTable = agent::with_common_faults<Faults>({
        {"never_welcome", &Faults::never_welcome},
        {"never_applied", &Faults::never_applied},
        {"audio_before_applied", &Faults::audio_before_applied},
        {"warning_at_ms", &Faults::warning_at_ms},
        {"warning_code", &Faults::warning_code},
        {"out_of_order", &Faults::out_of_order},
    });
    return agent::set_fault_of(kTable, faults, assignment);
}

}  // namespace trunkline::lab::deepgram
