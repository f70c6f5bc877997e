// The streams of a call: what TwiML asks for, where it is dialed, and what follows when one ends.
#include "lab/carrier/dial_route.h"
#include "lab/carrier/url.h"
#include "lab/twilio/call_driver.h"

namespace trunkline::lab {
namespace {

constexpr size_t kMaxParameterText = 500;
constexpr size_t kMaxUnidirectionalTracks = 4;

const MediaStream& stream_of(const MediaLeg& leg) { return static_cast<const MediaStream&>(leg); }

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
    for (const auto& leg : legs()) {
        const StreamPlan& plan = stream_of(*leg).plan();
        if (!leg->over() && !plan.bidirectional) open += plan.tracks.size();
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

std::optional<WsDial> CallDriver::dial_of(const std::string& url) {
    auto dial = plan_dial(url, {options_.webhook_url, options_.public_url, options_.dial});
    if (!dial) return violation(kStreamBadUrl, false, dial.error().message), std::nullopt;
    dial->tls_check = options_.tls_check;
    dial->timeout_ms = options_.webhook_timeout_ms;
    dial->send_buffer = options_.send_buffer;
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
    if (!token.empty()) dial->headers.emplace_back("x-twilio-signature", twilio_signature(token, signed_url, {}));
    dial->headers.emplace_back("user-agent", "Twilio.TmeWs/1.0");
    return std::move(*dial);
}

bool CallDriver::open_stream(const TwimlVerb& noun, bool bidirectional) {
    StreamPlan plan;
    plan.bidirectional = bidirectional;
    plan.name = noun.attribute("name");
    plan.status_callback = noun.attribute("statusCallback");
    plan.status_method = noun.attribute("statusCallbackMethod", "POST");
    plan.identity = {random_sid("MZ"), result_.account_sid, result_.call_sid};
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
    auto dial = url.empty() ? std::nullopt : dial_of(url);
    if (!dial) return false;
    // The path may hold a ticket; a log shows where it leads, not the ticket.
    note("stream", "dialing " + url.substr(0, 48) + (url.size() > 48 ? "..." : ""));
    const std::string sid = plan.identity.stream_sid;
    LegOwner& owner = *this;
    open_leg(std::make_unique<MediaStream>(owner, std::move(plan), std::move(*dial), options_), sid, url,
             bidirectional);
    return true;
}

void CallDriver::stop_stream(const TwimlVerb& verb) {
    const TwimlVerb* noun = verb.child("Stream");
    const std::string name = noun == nullptr ? "" : noun->attribute("name");
    for (const auto& leg : legs()) {
        const StreamPlan& plan = stream_of(*leg).plan();
        if (!leg->over() && !plan.bidirectional && plan.name == name && !name.empty())
            return leg->hang_up(HangUp::kStopThenClose);
    }
    violation(kUnknownVerb, true, "<Stop> names no running stream: '" + name + "'");
}

void CallDriver::leg_opened(MediaLeg& leg) { report_stream(stream_of(leg), "stream-started", ""); }

void CallDriver::leg_over(MediaLeg& leg, LegEnd end, bool talked) {
    const bool failed = end == LegEnd::kRefused || end == LegEnd::kProtocolError || end == LegEnd::kLost;
    const std::string error = failed && !result_.violations.empty() ? result_.violations.back().message : "";
    report_stream(stream_of(leg), failed ? "stream-error" : "stream-stopped", error);
    if (!talked) return;
    if (end == LegEnd::kHungUp) {
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
}

}  // namespace trunkline::lab
