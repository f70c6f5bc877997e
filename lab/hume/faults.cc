// Faults by name.
#include "lab/agent/faults.h"

#include "lab/hume/options.h"

namespace trunkline::lab::hume {

Status set_fault(Faults& faults, const std::string& assignment) {
    static const auto kTable = agent::with_common_faults<Faults>({
        {"refuse_status", &Faults::refuse_status},
        {"refuse_first", &Faults::refuse_first},
        {"never_metadata", &Faults::never_metadata},
        {"text_after_audio", &Faults::text_after_audio},
        {"interruption_object", &Faults::interruption_object},
        {"out_of_order", &Faults::out_of_order},
        {"skip_index", &Faults::skip_index},
        {"duplicate_index", &Faults::duplicate_index},
        {"repeat_header", &Faults::repeat_header},
        {"list_chunk", &Faults::list_chunk},
        {"odd_bytes", &Faults::odd_bytes},
        {"trailing_bytes", &Faults::trailing_bytes},
        {"data_size", &Faults::data_size},
    });
    return agent::set_fault_of(kTable, faults, assignment);
}

}  // namespace trunkline::lab::hume
