// `--fault name=value` of the simulated Vonage.
#include "lab/cli.h"
#include "lab/cli_fault_table.h"

namespace trunkline::lab {
namespace {

using vonage::CallOptions;
using vonage::EventOptions;
using vonage::MediaOptions;
using Setter = FaultSetter<CallOptions>;

bool set_queue(CallOptions& o, const std::string& text) {
    int messages = 0;
    if (!to_int(text, messages) || messages == 0) return false;
    o.media.queue_messages = static_cast<size_t>(messages);
    return true;
}

Setter signing(vonage::Signing CallOptions::*field) {
    using vonage::Signing;
    return word<CallOptions, Signing>({{"correct", Signing::kCorrect},
                                       {"unsigned", Signing::kUnsigned},
                                       {"unsigned-once", Signing::kUnsignedOnce},
                                       {"wrong-secret", Signing::kWrongSecret},
                                       {"wrong-hash", Signing::kWrongHash},
                                       {"stale", Signing::kStale},
                                       {"no-application", Signing::kNoApplication},
                                       {"alg-none", Signing::kAlgorithmNone},
                                       {"wrong-issuer", Signing::kWrongIssuer},
                                       {"wrong-api-key", Signing::kWrongApiKey}},
                                      [=](CallOptions& o, Signing how) { o.*field = how; });
}

Setter callee() {
    using vonage::Callee;
    return word<CallOptions, Callee>({{"answers", Callee::kAnswers},
                                      {"human", Callee::kHuman},
                                      {"machine", Callee::kMachine},
                                      {"busy", Callee::kBusy},
                                      {"timeout", Callee::kTimeout},
                                      {"unanswered", Callee::kUnanswered},
                                      {"rejected", Callee::kRejected},
                                      {"failed", Callee::kFailed},
                                      {"cancelled", Callee::kCancelled}},
                                     [](CallOptions& o, Callee how) { o.callee = how; });
}

Setter names(std::set<std::string> EventOptions::*field) {
    return [=](CallOptions& o, const std::string& text) {
        std::istringstream parts(text);
        for (std::string name; std::getline(parts, name, ',');) (o.events.*field).insert(name);
        return !text.empty();
    };
}

const FaultSetters<CallOptions>& setters() {
    using vonage::DtmfForm;
    using vonage::NotifyOnClear;
    using vonage::SocketUuid;
    constexpr auto kMedia = &CallOptions::media;
    constexpr auto kEvents = &CallOptions::events;
    static const FaultSetters<CallOptions> kSetters = {
        {"strict", flag(kMedia, &MediaOptions::strict)},
        {"stop_listening_ms", number(kMedia, &MediaOptions::stop_listening_ms)},
        {"queue_messages", set_queue},
        {"read_gap_ms", number(kMedia, &MediaOptions::read_gap_ms)},
        {"ignore_text", flag(kMedia, &MediaOptions::ignore_text)},
        {"leading_space", flag(kMedia, &MediaOptions::leading_space)},
        {"subprotocol", text(kMedia, &MediaOptions::subprotocol)},
        {"comfort_noise", flag(kMedia, &MediaOptions::comfort_noise)},
        {"says_cleared", flag(kMedia, &MediaOptions::says_cleared)},
        {"cleared_delay_ms", number(kMedia, &MediaOptions::cleared_delay_ms)},
        {"clear_delay_ms", number(kMedia, &MediaOptions::clear_delay_ms)},
        {"connected_delay_ms", number(kMedia, &MediaOptions::connected_delay_ms)},
        {"early_binary", number(kMedia, &MediaOptions::early_binary)},
        {"dtmf_ms", number(kMedia, &MediaOptions::dtmf_ms)},
        {"frame_bytes", numbers(kMedia, &MediaOptions::frame_bytes)},
        {"gap_every", number(kMedia, &MediaOptions::gap_every)},
        {"gap_ms", number(kMedia, &MediaOptions::gap_ms)},
        {"unknown_text_every", number(kMedia, &MediaOptions::unknown_text_every)},
        {"notify_on_clear", word<CallOptions, NotifyOnClear>(
                                {{"dropped", NotifyOnClear::kDropped}, {"returned", NotifyOnClear::kReturned}},
                                [](CallOptions& o, NotifyOnClear how) { o.media.notify_on_clear = how; })},
        {"dtmf", word<CallOptions, DtmfForm>(
                     {{"flat", DtmfForm::kFlat}, {"nested", DtmfForm::kNested}, {"bare", DtmfForm::kBare}},
                     [](CallOptions& o, DtmfForm form) { o.media.dtmf_form = form; })},
        {"duplicate_events", flag(kEvents, &EventOptions::duplicate)},
        {"reorder_events", flag(kEvents, &EventOptions::reorder)},
        {"completed_first", flag(kEvents, &EventOptions::completed_first)},
        {"leg_events", flag(kEvents, &EventOptions::leg_events)},
        {"omit", names(&EventOptions::omit)},
        {"null", names(&EventOptions::null_fields)},
        {"socket_uuid",
         word<CallOptions, SocketUuid>({{"leg", SocketUuid::kLeg}, {"call", SocketUuid::kCall}},
                                       [](CallOptions& o, SocketUuid whose) { o.events.socket_uuid = whose; })},
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
    return set_fault(setters(), options, assignment,
                     "queue_messages=1024, signing=wrong-hash, dtmf=nested, strict=false, omit=completed.duration");
}

}  // namespace trunkline::lab
