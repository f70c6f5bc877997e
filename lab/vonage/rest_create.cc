// Judges the body of POST /v1/calls.
#include <algorithm>

#include "lab/vonage/ncco.h"
#include "lab/vonage/rest.h"

namespace trunkline::lab::vonage {
namespace {

using Refusal = tl::unexpected<RestReply>;

Refusal refuse(const std::string& parameter, const std::string& detail) {
    return Refusal(problem(400, "bad-request", "Bad Request", parameter + ": " + detail, {parameter}));
}

bool is_number(const std::string& text) {
    return text.size() >= 7 && text.size() <= 15 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// An array of exactly one http or https URL; empty when it is none.
std::string one_url(const Json& value) {
    const std::string url = value.at(0).text_or("");
    const bool good =
        value.is_array() && value.size() == 1 && (url.starts_with("http://") || url.starts_with("https://"));
    return good ? url : "";
}

bool within(const Json& value, int64_t least, int64_t most) {
    return !value.exists() || (value.is_number() && value.int_or(-1) >= least && value.int_or(-1) <= most);
}

}  // namespace

tl::expected<CallOptions, RestReply> read_create(const Json& body, CallOptions base) {
    if (!body.is_object()) return refuse("body", "a JSON object is wanted");
    static constexpr std::string_view kKnown[] = {"to",           "from",          "random_from_number",
                                                  "ncco",         "answer_url",    "answer_method",
                                                  "event_url",    "event_method",  "machine_detection",
                                                  "length_timer", "ringing_timer", "advanced_machine_detection"};
    for (const auto& key : body.keys()) {
        if (std::find(std::begin(kKnown), std::end(kKnown), key) == std::end(kKnown))
            return refuse(key, "is not known");
    }
    const Json to = body["to"];
    if (!to.is_array() || to.size() != 1) return refuse("to", "an array of exactly one endpoint is wanted");
    if (to.at(0)["type"].text_or("") != "phone") return refuse("to", "the lab calls endpoints of type phone only");
    base.to = to.at(0)["number"].text_or("");
    if (!is_number(base.to)) return refuse("to", "the number is not made of 7 to 15 digits");
    const bool random = body["random_from_number"].bool_or(false);
    if (random == body["from"].exists()) return refuse("from", "exactly one of from and random_from_number is wanted");
    if (!random) {
        base.from = body["from"]["number"].text_or("");
        if (body["from"]["type"].text_or("") != "phone" || !is_number(base.from))
            return refuse("from", "type phone and a number of 7 to 15 digits are wanted");
    }
    if (body["ncco"].exists() == body["answer_url"].exists())
        return refuse("ncco", "exactly one of ncco and answer_url is wanted");
    if (body["ncco"].exists()) {
        base.inline_ncco = body["ncco"].dump();
        auto actions = parse_ncco(base.inline_ncco, {base.max_header_bytes, base.max_uri});
        if (!actions) return refuse("ncco", actions.error().message);
    } else {
        base.answer_url = one_url(body["answer_url"]);
        base.answer_method = body["answer_method"].text_or("GET");
        if (base.answer_url.empty()) return refuse("answer_url", "an array of exactly one URL is wanted");
    }
    if (body["event_url"].exists()) {
        base.event_url = one_url(body["event_url"]);
        if (base.event_url.empty()) return refuse("event_url", "an array of exactly one URL is wanted");
        base.event_method = body["event_method"].text_or("POST");
    }
    for (const auto& method : {base.answer_method, base.event_method}) {
        if (method != "GET" && method != "POST") return refuse("answer_method", "GET or POST is wanted");
    }
    const std::string detection = body["machine_detection"].text_or("continue");
    if (detection != "continue" && detection != "hangup") return refuse("machine_detection", "is not known");
    if (!within(body["length_timer"], 1, 86400)) return refuse("length_timer", "1 to 86400 seconds are possible");
    if (!within(body["ringing_timer"], 1, 120)) return refuse("ringing_timer", "1 to 120 seconds are possible");
    if (!within(body["advanced_machine_detection"]["beep_timeout"], 45, 120))
        return refuse("advanced_machine_detection", "beep_timeout is 45 to 120 seconds");
    base.max_call_ms = static_cast<int>(body["length_timer"].int_or(base.max_call_ms / 1000)) * 1000;
    base.outbound = true;
    base.uuid.clear();
    return base;
}

}  // namespace trunkline::lab::vonage
