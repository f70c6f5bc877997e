// `--fault name=value` of the simulated Vonage.
#include <charconv>
#include <functional>
#include <map>
#include <sstream>

#include "lab/cli.h"

namespace trunkline::lab {
namespace {

using vonage::CallOptions;
using vonage::EventOptions;
using vonage::MediaOptions;
using Setter = std::function<bool(CallOptions&, const std::string&)>;

bool to_int(const std::string& text, int& value) {
    auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    return code == std::errc() && end == text.data() + text.size() && value >= 0 && value <= 1'000'000;
}

bool to_bool(const std::string& text, bool& value) {
    value = text == "true" || text == "1";
    return value || text == "false" || text == "0";
}

template <class Part>
Setter number(Part CallOptions::*part, int Part::*field) {
    return [=](CallOptions& o, const std::string& text) { return to_int(text, o.*part.*field); };
}
template <class Part>
Setter flag(Part CallOptions::*part, bool Part::*field) {
    return [=](CallOptions& o, const std::string& text) { return to_bool(text, o.*part.*field); };
}
Setter number(int CallOptions::*field) {
    return [=](CallOptions& o, const std::string& text) { return to_int(text, o.*field); };
}
Setter flag(bool CallOptions::*field) {
    return [=](CallOptions& o, const std::string& text) { return to_bool(text, o.*field); };
}

/// A word for each value.
template <class Set, class Value>
Setter word(Set set, std::map<std::string, Value> values) {
    return [=](CallOptions& o, const std::string& text) {
        auto found = values.find(text);
        if (found == values.end()) return false;
        set(o, found->second);
        return true;
    };
}

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> out;
    std::istringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) out.push_back(part);
    return out;
}

bool set_frame_bytes(CallOptions& o, const std::string& text) {
    o.media.frame_bytes.clear();
    for (const auto& part : split(text)) {
        int bytes = 0;
        if (!to_int(part, bytes)) return false;
        o.media.frame_bytes.push_back(bytes);
    }
    return !o.media.frame_bytes.empty();
}

bool set_queue(CallOptions& o, const std::string& text) {
    int messages = 0;
    if (!to_int(text, messages) || messages == 0) return false;
    o.media.queue_messages = static_cast<size_t>(messages);
    return true;
}

Setter signing(vonage::Signing CallOptions::*field) {
    using vonage::Signing;
    return word([=](CallOptions& o, Signing how) { o.*field = how; },
                std::map<std::string, Signing>{{"correct", Signing::kCorrect},
                                               {"unsigned", Signing::kUnsigned},
                                               {"unsigned-once", Signing::kUnsignedOnce},
                                               {"wrong-secret", Signing::kWrongSecret},
                                               {"wrong-hash", Signing::kWrongHash},
                                               {"stale", Signing::kStale},
                                               {"no-application", Signing::kNoApplication},
                                               {"alg-none", Signing::kAlgorithmNone},
                                               {"wrong-issuer", Signing::kWrongIssuer},
                                               {"wrong-api-key", Signing::kWrongApiKey}});
}

Setter callee() {
    using vonage::Callee;
    return word([](CallOptions& o, Callee how) { o.callee = how; },
                std::map<std::string, Callee>{{"answers", Callee::kAnswers},
                                              {"human", Callee::kHuman},
                                              {"machine", Callee::kMachine},
                                              {"busy", Callee::kBusy},
                                              {"timeout", Callee::kTimeout},
                                              {"unanswered", Callee::kUnanswered},
                                              {"rejected", Callee::kRejected},
                                              {"failed", Callee::kFailed},
                                              {"cancelled", Callee::kCancelled}});
}

Setter names(std::set<std::string> EventOptions::*field) {
    return [=](CallOptions& o, const std::string& text) {
        for (const auto& name : split(text)) (o.events.*field).insert(name);
        return !text.empty();
    };
}

const std::map<std::string, Setter>& setters() {
    using vonage::DtmfForm;
    using vonage::NotifyOnClear;
    using vonage::SocketUuid;
    constexpr auto kMedia = &CallOptions::media;
    constexpr auto kEvents = &CallOptions::events;
    static const std::map<std::string, Setter> kSetters = {
        {"strict", flag(kMedia, &MediaOptions::strict)},
        {"stop_listening_ms", number(kMedia, &MediaOptions::stop_listening_ms)},
        {"queue_messages", set_queue},
        {"read_gap_ms", number(kMedia, &MediaOptions::read_gap_ms)},
        {"ignore_text", flag(kMedia, &MediaOptions::ignore_text)},
        {"leading_space", flag(kMedia, &MediaOptions::leading_space)},
        {"subprotocol", [](CallOptions& o, const std::string& t) { return !(o.media.subprotocol = t).empty(); }},
        {"comfort_noise", flag(kMedia, &MediaOptions::comfort_noise)},
        {"says_cleared", flag(kMedia, &MediaOptions::says_cleared)},
        {"cleared_delay_ms", number(kMedia, &MediaOptions::cleared_delay_ms)},
        {"clear_delay_ms", number(kMedia, &MediaOptions::clear_delay_ms)},
        {"connected_delay_ms", number(kMedia, &MediaOptions::connected_delay_ms)},
        {"early_binary", number(kMedia, &MediaOptions::early_binary)},
        {"dtmf_ms", number(kMedia, &MediaOptions::dtmf_ms)},
        {"frame_bytes", set_frame_bytes},
        {"gap_every", number(kMedia, &MediaOptions::gap_every)},
        {"gap_ms", number(kMedia, &MediaOptions::gap_ms)},
        {"unknown_text_every", number(kMedia, &MediaOptions::unknown_text_every)},
        {"notify_on_clear", word([](CallOptions& o, NotifyOnClear how) { o.media.notify_on_clear = how; },
                                 std::map<std::string, NotifyOnClear>{{"dropped", NotifyOnClear::kDropped},
                                                                      {"returned", NotifyOnClear::kReturned}})},
        {"dtmf", word([](CallOptions& o, DtmfForm form) { o.media.dtmf_form = form; },
                      std::map<std::string, DtmfForm>{
                          {"flat", DtmfForm::kFlat}, {"nested", DtmfForm::kNested}, {"bare", DtmfForm::kBare}})},
        {"duplicate_events", flag(kEvents, &EventOptions::duplicate)},
        {"reorder_events", flag(kEvents, &EventOptions::reorder)},
        {"completed_first", flag(kEvents, &EventOptions::completed_first)},
        {"leg_events", flag(kEvents, &EventOptions::leg_events)},
        {"omit", names(&EventOptions::omit)},
        {"null", names(&EventOptions::null_fields)},
        {"socket_uuid",
         word([](CallOptions& o, SocketUuid whose) { o.events.socket_uuid = whose; },
              std::map<std::string, SocketUuid>{{"leg", SocketUuid::kLeg}, {"call", SocketUuid::kCall}})},
        {"answer_attempts", number(&CallOptions::answer_attempts)},
        {"answer_timeout_ms", number(&CallOptions::answer_timeout_ms)},
        {"connect_timeout_ms", number(&CallOptions::connect_timeout_ms)},
        {"socket_timeout_ms", number(&CallOptions::socket_timeout_ms)},
        {"actions_at_once", flag(&CallOptions::actions_after_connect_at_once)},
        {"hash_on_get", flag(&CallOptions::hash_on_get)},
        {"signing", signing(&CallOptions::signing)},
        {"socket_signing", signing(&CallOptions::socket_signing)},
        {"callee", callee()},
        {"ring_ms", number(&CallOptions::ring_ms)},
    };
    return kSetters;
}

}  // namespace

Status set_vonage_fault(CallOptions& options, const std::string& assignment) {
    const size_t equal = assignment.find('=');
    const std::string name = assignment.substr(0, equal);
    auto found = setters().find(name);
    if (found == setters().end()) {
        std::string all;
        for (const auto& [known, setter] : setters()) all += (all.empty() ? "" : ", ") + known;
        return fail("unknown-fault", "no fault is called '" + name + "'; there are " + all);
    }
    if (equal == std::string::npos || !found->second(options, assignment.substr(equal + 1))) {
        return fail("bad-fault", "'" + assignment +
                                     "' has no value that fits; write e.g. queue_messages=1024, signing=wrong-hash, "
                                     "dtmf=nested, strict=false, omit=completed.duration");
    }
    return {};
}

}  // namespace trunkline::lab
