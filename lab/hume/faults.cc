// Faults by name.
#include "lab/agent/fault_table.h"
#include "lab/hume/options.h"

namespace trunkline::lab::hume {

Status set_fault(Faults& faults, const std::string& assignment) {
    static const agent::FaultTable<Faults> kTable = {
        {"refuse_status", &Faults::refuse_status},
        {"refuse_first", &Faults::refuse_first},
        {"never_metadata", &Faults::never_metadata},
        {"late_audio_ms", &Faults::late_audio_ms},
        {"error_at_ms", &Faults::error_at_ms},
        {"error_code", &Faults::error_code},
        {"close_at_ms", &Faults::close_at_ms},
        {"close_code", &Faults::close_code},
        {"drop_at_ms", &Faults::drop_at_ms},
        {"drop_mid_speech", &Faults::drop_mid_speech},
        {"slow_ms", &Faults::slow_ms},
        {"stall_at_ms", &Faults::stall_at_ms},
        {"stall_ms", &Faults::stall_ms},
        {"garbage", &Faults::garbage},
        {"text_after_audio", &Faults::text_after_audio},
        {"error_without_close", &Faults::error_without_close},
        {"interruption_object", &Faults::interruption_object},
        {"out_of_order", &Faults::out_of_order},
        {"skip_index", &Faults::skip_index},
        {"duplicate_index", &Faults::duplicate_index},
        {"repeat_header", &Faults::repeat_header},
        {"list_chunk", &Faults::list_chunk},
        {"odd_bytes", &Faults::odd_bytes},
        {"trailing_bytes", &Faults::trailing_bytes},
        {"data_size", &Faults::data_size},
    };
    return agent::set_fault_of(kTable, faults, assignment);
}

}  // namespace trunkline::lab::hume
