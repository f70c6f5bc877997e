// `--fault name=value` of the simulated Twilio.
#include "lab/cli.h"
#include "lab/cli_fault_table.h"

namespace trunkline::lab {
namespace {

const FaultSetters<TwilioCallOptions>& setters() {
    constexpr auto kFaults = &TwilioCallOptions::faults;
    static const FaultSetters<TwilioCallOptions> kSetters = {
        {"start_delay_ms", number(kFaults, &MediaFaults::start_delay_ms)},
        {"skip_connected", flag(kFaults, &MediaFaults::skip_connected)},
        {"skip_start", flag(kFaults, &MediaFaults::skip_start)},
        {"start_twice", flag(kFaults, &MediaFaults::start_twice)},
        {"coalesce", word<TwilioCallOptions, Coalesce>(
                         {{"request", Coalesce::kBehindRequest}, {"response", Coalesce::kBehindResponse}},
                         [](auto& o, Coalesce how) { o.faults.coalesce = how; })},
        {"coalesced_media", number(kFaults, &MediaFaults::coalesced_media)},
        {"clear_delay_ms", number(kFaults, &MediaFaults::clear_delay_ms)},
        {"cleared_mark_delay_ms", number(kFaults, &MediaFaults::cleared_mark_delay_ms)},
        {"mark_delay_ms", number(kFaults, &MediaFaults::mark_delay_ms)},
        {"payload_bytes", numbers(kFaults, &MediaFaults::payload_bytes)},
        {"outbound_track", flag(kFaults, &MediaFaults::outbound_track)},
        {"bad_base64_every", number(kFaults, &MediaFaults::bad_base64_every)},
        {"unknown_event_every", number(kFaults, &MediaFaults::unknown_event_every)},
        {"counters_as_numbers", flag(kFaults, &MediaFaults::counters_as_numbers)},
        {"start_call_sid", text(kFaults, &MediaFaults::start_call_sid)},
    };
    return kSetters;
}

}  // namespace

Status set_media_fault(TwilioCallOptions& options, const std::string& assignment) {
    return set_fault(setters(), options, assignment, "start_delay_ms=500, coalesce=request, payload_bytes=160,1,0");
}

}  // namespace trunkline::lab
