// Look-ups on a call's result, and its forms outside the process: WAV and JSON.
#include "lab/carrier/call_result.h"

#include <algorithm>
#include <optional>

#include "engine/core/json.h"
#include "lab/speech/pcm.h"
#include "lab/speech/wav.h"

namespace trunkline::lab {
namespace {

/// One side of a stream as it was on the wire, converted only when another stream of the call was wider.
Samples at_rate(const StreamResult& stream, const Samples& pcm, const std::vector<uint8_t>& ulaw, int rate) {
    const int from = pcm.empty() ? kTelephoneRate : stream.rate;
    const Samples samples = pcm.empty() ? ulaw_decode(ulaw) : pcm;
    return from == rate ? samples : resample(samples, from, rate);
}

void write_stream(JsonWriter& w, const StreamResult& s) {
    w.begin_object()
        .field("stream_sid", s.stream_sid)
        .field("url", s.dialed_url)
        .field("bidirectional", s.bidirectional);
    w.field("opened_ms", s.opened_ms)
        .field("started", s.started)
        .field("started_ms", s.started_ms)
        .field("ended_ms", s.ended_ms);
    w.field("end_reason", s.end_reason).field("http_status", s.http_status);
    w.field("server_close_code", static_cast<int>(s.server_close_code));
    w.field("media_sent", s.media_sent).field("media_dropped", s.media_dropped);
    w.field("media_received", s.media_received).field("bytes_received", s.bytes_received).field("pings", s.pings);
    w.field("played_samples", s.played).field("rate", s.rate).field("media_overflowed", s.media_overflowed);
    w.field("underruns", s.underruns);
    w.key("clears_ms").begin_array();
    for (double at : s.clears_ms) w.value(at);
    w.end().key("marks").begin_array();
    for (const auto& mark : s.marks) {
        w.begin_object().field("name", mark.name).field("received_ms", mark.received_ms);
        w.field("echoed_ms", mark.echoed_ms).field("how", to_string(mark.how)).end();
    }
    w.end().key("agent_speech").begin_array();
    for (const auto& span : s.agent_speech) {
        w.begin_object().field("from_ms", s.ms_of(span.first)).field("to_ms", s.ms_of(span.last));
        w.field("cut", span.cut).field("open", span.open).end();
    }
    w.end().key("said").begin_array();
    for (const auto& said : s.said) {
        w.begin_object().field("name", said.name).field("from_ms", said.begun_ms).field("to_ms", said.done_ms).end();
    }
    w.end().end();
}

}  // namespace

const char* to_string(MarkEcho how) {
    switch (how) {
        case MarkEcho::kPending:
            return "pending";
        case MarkEcho::kPlayed:
            return "played";
        case MarkEcho::kAtOnce:
            return "at-once";
        case MarkEcho::kCleared:
            return "cleared";
    }
    return "?";
}

int StreamResult::marks_echoed() const {
    return static_cast<int>(std::count_if(marks.begin(), marks.end(), [](const auto& m) { return m.echoed_ms >= 0; }));
}

const MarkRecord* StreamResult::mark(const std::string& name) const {
    auto found = std::find_if(marks.begin(), marks.end(), [&](const auto& m) { return m.name == name; });
    return found == marks.end() ? nullptr : &*found;
}

const StreamResult& CallResult::stream() const {
    static const StreamResult kNone;
    auto found = std::find_if(streams.rbegin(), streams.rend(), [](const auto& s) { return s.bidirectional; });
    return found == streams.rend() ? kNone : *found;
}

const Violation* CallResult::violation(int code) const {
    auto found = std::find_if(violations.begin(), violations.end(), [&](const auto& v) { return v.code == code; });
    return found == violations.end() ? nullptr : &*found;
}

Status write_call_wav(const std::string& path, const CallResult& call) {
    Samples stereo;
    std::optional<double> origin;
    int rate = kTelephoneRate;
    for (const auto& stream : call.streams) {
        if (!stream.bidirectional || !stream.started) continue;
        if (!origin) {
            origin = stream.started_ms;
            rate = stream.heard_pcm.empty() ? kTelephoneRate : stream.rate;
        }
        const Samples said = at_rate(stream, stream.spoken_pcm, stream.spoken, rate);
        const Samples heard = at_rate(stream, stream.heard_pcm, stream.heard, rate);
        const auto at = static_cast<size_t>(std::max(0.0, (stream.started_ms - *origin) * rate / 1000.0));
        stereo.resize(std::max(stereo.size(), 2 * (at + std::max(heard.size(), said.size()))), 0);
        for (size_t i = 0; i < said.size(); ++i) stereo[2 * (at + i)] = said[i];
        for (size_t i = 0; i < heard.size(); ++i) stereo[2 * (at + i) + 1] = heard[i];
    }
    return write_wav(path, stereo, rate, 2);
}

std::string call_to_json(const CallResult& call) {
    JsonWriter w;
    w.begin_object().field("call_sid", call.call_sid).field("account_sid", call.account_sid);
    w.field("status", call.status).field("end_reason", call.end_reason).field("duration_ms", call.duration_ms);
    w.field("webhook_ms", call.webhook_ms);
    w.key("verbs").begin_array();
    for (const auto& verb : call.verbs) w.value(verb);
    w.end().key("violations").begin_array();
    for (const auto& v : call.violations) {
        w.begin_object().field("code", v.code).field("level", v.warning ? "warning" : "error");
        w.field("message", v.message).field("at_ms", v.at_ms).field("repeats", v.repeats).end();
    }
    w.end().key("streams").begin_array();
    for (const auto& stream : call.streams) write_stream(w, stream);
    w.end().key("status_callbacks").begin_array();
    for (const auto& callback : call.status_callbacks) {
        w.begin_object().field("sequence", callback.sequence).field("status", callback.status);
        w.field("http_status", callback.http_status).end();
    }
    w.end().key("timeline").begin_array();
    for (const auto& event : call.timeline) {
        w.begin_object().field("at_ms", event.at_ms).field("kind", event.kind).field("detail", event.detail).end();
    }
    w.end().end();
    return w.take();
}

}  // namespace trunkline::lab
