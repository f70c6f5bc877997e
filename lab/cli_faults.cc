// `--fault name=value` of the simulated carrier.
#include <charconv>
#include <functional>
#include <map>
#include <sstream>

#include "lab/cli.h"

namespace trunkline::lab {
namespace {

using Setter = std::function<bool(TwilioCallOptions&, const std::string&)>;

bool to_int(const std::string& text, int& value) {
    auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    return code == std::errc() && end == text.data() + text.size() && value >= 0 && value <= 1'000'000;
}

Setter number(int MediaFaults::*field) {
    return [field](TwilioCallOptions& o, const std::string& text) { return to_int(text, o.faults.*field); };
}

Setter flag(bool MediaFaults::*field) {
    return [field](TwilioCallOptions& o, const std::string& text) {
        o.faults.*field = text == "true" || text == "1";
        return o.faults.*field || text == "false" || text == "0";
    };
}

bool set_coalesce(TwilioCallOptions& o, const std::string& text) {
    if (text == "request") o.faults.coalesce = Coalesce::kBehindRequest;
    if (text == "response") o.faults.coalesce = Coalesce::kBehindResponse;
    return text == "request" || text == "response";
}

bool set_payload_bytes(TwilioCallOptions& o, const std::string& text) {
    o.faults.payload_bytes.clear();
    std::istringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) {
        int bytes = 0;
        if (!to_int(part, bytes)) return false;
        o.faults.payload_bytes.push_back(bytes);
    }
    return !o.faults.payload_bytes.empty();
}

const std::map<std::string, Setter>& setters() {
    static const std::map<std::string, Setter> kSetters = {
        {"start_delay_ms", number(&MediaFaults::start_delay_ms)},
        {"skip_connected", flag(&MediaFaults::skip_connected)},
        {"skip_start", flag(&MediaFaults::skip_start)},
        {"start_twice", flag(&MediaFaults::start_twice)},
        {"coalesce", set_coalesce},
        {"coalesced_media", number(&MediaFaults::coalesced_media)},
        {"clear_delay_ms", number(&MediaFaults::clear_delay_ms)},
        {"cleared_mark_delay_ms", number(&MediaFaults::cleared_mark_delay_ms)},
        {"mark_delay_ms", number(&MediaFaults::mark_delay_ms)},
        {"payload_bytes", set_payload_bytes},
        {"outbound_track", flag(&MediaFaults::outbound_track)},
        {"bad_base64_every", number(&MediaFaults::bad_base64_every)},
        {"unknown_event_every", number(&MediaFaults::unknown_event_every)},
        {"counters_as_numbers", flag(&MediaFaults::counters_as_numbers)},
        {"start_call_sid",
         [](TwilioCallOptions& o, const std::string& text) { return !(o.faults.start_call_sid = text).empty(); }},
    };
    return kSetters;
}

}  // namespace

Status set_media_fault(TwilioCallOptions& options, const std::string& assignment) {
    const size_t equal = assignment.find('=');
    const std::string name = assignment.substr(0, equal);
    auto found = setters().find(name);
    if (found == setters().end()) {
        std::string all;
        for (const auto& [known, setter] : setters()) all += (all.empty() ? "" : ", ") + known;
        return fail("unknown-fault", "no fault is called '" + name + "'; there are " + all);
    }
    if (equal == std::string::npos || !found->second(options, assignment.substr(equal + 1)))
        return fail(
            "bad-fault",
            "'" + assignment +
                "' has no value that fits; write e.g. start_delay_ms=500, coalesce=request, payload_bytes=160,1,0");
    return {};
}

}  // namespace trunkline::lab
