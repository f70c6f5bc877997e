// The streams of a call: what TwiML asks for, where it is dialed, and what follows when one ends.
#include <algorithm>

#include "engine/core/clock.h"
#include "engine/core/id.h"
#include "lab/carrier/url.h"
#include "lab/twilio/call_driver.h"

namespace trunkline::lab {
namespace {

constexpr size_t kMaxParameterText = 500;
constexpr size_t kMaxUnidirectionalTracks = 4;

std::string random_stream_sid() {
    uint8_t bytes[16];
    random_bytes(bytes);
    return "MZ" + to_hex(bytes);
}

}  // namespace

void CallDriver::connect(const TwimlVerb& verb) {
    connect_action_ = verb.attribute("action");
    connect_method_ = verb.attribute("method", "POST");
    const TwimlVerb* noun = verb.child("Stream");
    if (noun == nullptr) violation(kUnknownVerb, true, "<Connect> without <Stream>: the lab plays no other noun");
    if (noun == nullptr || !open_stream(*noun, true)) later([this] { next_verb(), changed(); });
}

bool CallDriver::tracks_of(const TwimlVerb& noun, bool bidirectional, std::vector<std::string>& tracks) {
    const std::string track = noun.attribute("track", "inbound_track");
    if (bidirectional && track != "inbound_track") {
        violation(kStreamBadTrack, false, "track '" + track + "' under <Connect>; only inbound_track is possible");
        return false;
    }
    if (track == "both_tracks") {
        tracks = {"inbound", "outbound"};
    } else if (track == "inbound_track" || track == "outbound_track") {
        tracks = {track.substr(0, track.find('_'))};
    } else {
        violation(kStreamBadTrack, false, "track '" + track + "' is unknown");
        return false;
    }
    if (bidirectional) return true;
    size_t open = tracks.size();
    for (const auto& stream : streams_) {
        if (!stream->over() && !stream->plan().bidirectional) open += stream->plan().tracks.size();
    }
    if (open <= kMaxUnidirectionalTracks) return true;
    violation(kStreamBadTrack, false, "more than four tracks are streamed in one call");
    return false;
}

std::string CallDriver::stream_url(const TwimlVerb& noun) {
    const std::string written = noun.attribute("url");
    if (written.empty()) return violation(kStreamBadUrl, false, "<Stream> has no url"), "";
    auto resolved = resolve_url(base_url_, written);
    if (!resolved) return violation(kStreamBadUrl, false, resolved.error().message), "";
    std::string url = *resolved;
    if (written.find("://") == std::string::npos && url.starts_with("http")) url.replace(0, 4, "ws");
    if (url.find_first_of("?#") != std::string::npos) {
        violation(kStreamHandshake, true, "the url of <Stream> carries a query, which is dropped before dialing");
        url = without_query(url);
    }
    if (url.starts_with("wss://") || (url.starts_with("ws://") && options_.allow_plain)) return url;
    return violation(kStreamNotWss, false, "the scheme of " + without_query(url) + " is not wss"), "";
}

bool CallDriver::plan_dial(const std::string& url, WsDial& dial) {
    auto parts = split_url(url);
    if (!parts) return violation(kStreamBadUrl, false, parts.error().message), false;
    dial.host = parts->host;
    dial.port = parts->port;
    dial.tls = parts->scheme == "wss";
    dial.tls_check = options_.tls_check;
    dial.host_header = parts->authority();
    dial.target = parts->target;
    dial.timeout_ms = options_.webhook_timeout_ms;
    dial.send_buffer = options_.send_buffer;
    auto webhook = split_url(options_.webhook_url);
    auto ours = split_url(options_.public_url);
    if (!options_.dial.empty()) {
        auto address = split_host_port(options_.dial);
        if (!address) return violation(kStreamBadUrl, false, address.error().message), false;
        dial.host = address->host;
        dial.port = address->port;
        dial.tls = false;
    } else if (ours && webhook && ours->host == parts->host) {
        dial.host = webhook->host;
        dial.port = webhook->port;
        dial.tls = webhook->scheme == "https";
        dial.tls_name = parts->host;
    }
    std::string signed_url = url;
    std::string token = options_.auth_token;
    switch (options_.stream_signature) {
        case SignatureMode::kCorrect:
            break;
        case SignatureMode::kMissing:
            token.clear();
            break;
        case SignatureMode::kWrong:
            token += "-of-somebody-else";
            break;
        case SignatureMode::kWithPort:
            signed_url = url_with_port(url);
            break;
        case SignatureMode::kHttpsScheme:
            signed_url = (url.starts_with("wss") ? "https" : "http") + url.substr(url.find("://"));
            break;
    }
    if (!token.empty()) dial.headers.emplace_back("x-twilio-signature", twilio_signature(token, signed_url, {}));
    dial.headers.emplace_back("user-agent", "Twilio.TmeWs/1.0");
    return true;
}

bool CallDriver::open_stream(const TwimlVerb& noun, bool bidirectional) {
    StreamPlan plan;
    plan.bidirectional = bidirectional;
    plan.name = noun.attribute("name");
    plan.status_callback = noun.attribute("statusCallback");
    plan.status_method = noun.attribute("statusCallbackMethod", "POST");
    plan.identity = {random_stream_sid(), result_.account_sid, result_.call_sid};
    if (!tracks_of(noun, bidirectional, plan.tracks)) return false;
    for (const auto& child : noun.children) {
        std::string name = child.attribute("name");
        std::string value = child.attribute("value");
        if (child.name != "Parameter" || name.empty()) {
            violation(kUnknownVerb, true, "<" + child.name + "> in <Stream> is not a <Parameter> with a name");
        } else if (name.size() + value.size() >= kMaxParameterText) {
            violation(kUnknownVerb, true, "parameter '" + name + "' is longer than 500 characters");
        } else {
            plan.parameters.emplace_back(std::move(name), std::move(value));
        }
    }
    const std::string url = stream_url(noun);
    if (url.empty() || !plan_dial(url, plan.dial)) return false;
    // The path may hold a ticket; a log shows where it leads, not the ticket.
    note("stream", "dialing " + url.substr(0, 48) + (url.size() > 48 ? "..." : ""));

    StreamResult fresh;
    fresh.stream_sid = plan.identity.stream_sid;
    fresh.dialed_url = url;
    fresh.bidirectional = bidirectional;
    result_.streams.push_back(std::move(fresh));
    StreamOwner& owner = *this;
    streams_.push_back(std::make_unique<MediaStream>(std::move(plan), options_, owner));
    if (bidirectional) connected_ = streams_.back().get();
    streams_.back()->open();
    return true;
}

void CallDriver::stop_stream(const TwimlVerb& verb) {
    const TwimlVerb* noun = verb.child("Stream");
    const std::string name = noun == nullptr ? "" : noun->attribute("name");
    for (const auto& stream : streams_) {
        if (!stream->over() && !stream->plan().bidirectional && stream->plan().name == name && !name.empty())
            return stream->hang_up(HangUp::kStopThenClose);
    }
    violation(kUnknownVerb, true, "<Stop> names no running stream: '" + name + "'");
}

MediaStream* CallDriver::talking() const { return connected_ != nullptr && !connected_->over() ? connected_ : nullptr; }

bool CallDriver::say(std::string name, std::vector<uint8_t> ulaw) {
    MediaStream* stream = talking();
    if (stream == nullptr || ulaw.empty()) return false;
    stream->say(std::move(name), std::move(ulaw));
    return true;
}

void CallDriver::be_quiet() {
    if (MediaStream* stream = talking()) stream->be_quiet();
}

void CallDriver::press(std::string_view digits) {
    if (MediaStream* stream = talking()) stream->press(digits);
}

void CallDriver::pause_reading(bool pause) {
    if (MediaStream* stream = talking()) stream->pause_reading(pause);
}

size_t CallDriver::stream_violation(Violation violation) { return add_violation(std::move(violation)); }

StreamResult& CallDriver::stream_result(const MediaStream& stream) {
    for (auto& one : result_.streams) {
        if (one.stream_sid == stream.plan().identity.stream_sid) return one;
    }
    return result_.streams.back();
}

void CallDriver::stream_opened(MediaStream& stream) { report_stream(stream, "stream-started", ""); }

void CallDriver::stream_ended(MediaStream& stream, StreamEnd end) {
    const bool failed = end == StreamEnd::kRefused || end == StreamEnd::kProtocolError || end == StreamEnd::kLost;
    const std::string error = failed && !result_.violations.empty() ? result_.violations.back().message : "";
    report_stream(stream, failed ? "stream-error" : "stream-stopped", error);
    if (&stream != connected_) return changed();
    connected_ = nullptr;
    if (end == StreamEnd::kHungUp) {
        // On the way out of the socket's own callback; the call ends a turn later.
        later([this] { this->end("completed", "the caller hung up"); });
    } else if (!connect_action_.empty()) {
        later([this] {
            auto target = resolve_url(base_url_, connect_action_);
            verbs_.clear();
            if (target) return request_document(*target, connect_method_, false);
            violation(kWebhookFailed, false, "action of <Connect>: " + target.error().message);
            this->end("failed", "the action of <Connect> leads nowhere");
        });
    } else {
        later([this] { next_verb(), changed(); });
    }
    changed();
}

}  // namespace trunkline::lab
