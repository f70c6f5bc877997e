// The websocket legs of a call: what `connect` asks for, where it is dialed, and what follows when one ends.
#include "engine/core/clock.h"
#include "lab/carrier/dial_route.h"
#include "lab/vonage/call.h"
#include "lab/vonage/codes.h"

namespace trunkline::lab::vonage {
namespace {

MediaSocket& socket_of(MediaLeg& leg) { return static_cast<MediaSocket&>(leg); }

}  // namespace

/// False: the flow waits for the leg's end.
bool VonageDriver::connect(const NccoAction& action) {
    SocketPlan plan;
    plan.uuid = random_uuid();
    plan.endpoint = action.endpoint;
    plan.event_url = action.event_url.empty() ? options_.event_url : action.event_url;
    plan.event_method = action.event_url.empty() ? options_.event_method : action.event_method;
    plan.synchronous = action.synchronous;
    auto dial = dial_of(plan.endpoint);
    if (!dial) return true;
    // Path and query may hold a ticket; a log shows where it leads, not the ticket.
    note("stream", "dialing " + action.text.substr(0, action.text.find('/', std::string_view("wss://").size())));
    const std::string uuid = plan.uuid;
    LegOwner& owner = *this;
    open_leg(std::make_unique<MediaSocket>(owner, std::move(plan), std::move(*dial), options_.media), uuid,
             action.text);
    if (action.seconds > 0) leg_timer_.after_ms(static_cast<int64_t>(action.seconds * 1000));
    return false;
}

std::optional<WsDial> VonageDriver::dial_of(const SocketEndpoint& endpoint) {
    auto dial = plan_dial(endpoint.uri, {options_.answer_url, options_.public_url, options_.dial});
    if (!dial) return violation(kBadNcco, false, dial.error().message), std::nullopt;
    dial->tls_check = options_.tls_check;
    dial->timeout_ms = options_.socket_timeout_ms;
    dial->send_buffer = options_.media.send_buffer;
    dial->subprotocol = options_.media.subprotocol;
    // What has been read cannot push back any more.
    if (options_.media.read_gap_ms > 0) dial->read_bytes = 4096;
    if (endpoint.authorization == "custom") dial->headers.emplace_back("Authorization", endpoint.custom_value);
    if (endpoint.authorization == "vonage") {
        const std::string token = authorization(signer_, options_.socket_signing, "", false, 1);
        if (!token.empty()) dial->headers.emplace_back("Authorization", token);
    }
    dial->headers.emplace_back("User-Agent", "Vonage-Voice-Lab/1.0");
    return std::move(*dial);
}

void VonageDriver::set_active(bool active) {
    if (MediaLeg* leg = talking()) socket_of(*leg).set_active(active);
}

EventFields VonageDriver::socket_fields(const MediaSocket& socket, const std::string& status) const {
    const bool leg = options_.events.socket_uuid == SocketUuid::kLeg;
    const Json& headers = socket.plan().endpoint.headers;
    return {{"from", json_text(options_.from)},
            {"to", json_text(socket.plan().endpoint.uri)},
            {"uuid", json_text(leg ? socket.plan().uuid : result_.call_sid)},
            {"conversation_uuid", json_text(conversation_)},
            {"status", json_text(status)},
            {"timestamp", json_text(rfc3339(unix_ms()))},
            {"headers", headers.exists() ? headers.dump() : "{}"}};
}

void VonageDriver::report_socket(const MediaSocket& socket, const std::string& status, EventFields more, bool honours,
                                 Reply then) {
    EventFields fields = socket_fields(socket, status);
    fields.insert(fields.end(), more.begin(), more.end());
    queue_event(
        {status, socket.plan().event_url, socket.plan().event_method, std::move(fields), honours, std::move(then), 0});
}

void VonageDriver::leg_opened(MediaLeg& leg) {
    const MediaSocket& socket = socket_of(leg);
    if (options_.events.leg_events) {
        report_socket(socket, "started", {}, false, nullptr);
        report_socket(socket, "answered", {}, false, nullptr);
    }
    if (options_.actions_after_connect_at_once) later([this] { next_action(), changed(); });
}

/// The NCCO of a reply takes over; without one the old one goes on.
void VonageDriver::continue_with(std::optional<Actions> actions) {
    if (result_.ended || hanging_up()) return;
    if (actions) actions_.assign(actions->begin(), actions->end());
    later([this] { next_action(), changed(); });
}

void VonageDriver::leg_over(MediaLeg& leg, LegEnd end, bool talked) {
    if (!talked) return;
    leg_timer_.cancel();
    if (result_.ended) return;
    const MediaSocket& socket = socket_of(leg);
    const auto go_on = [this](std::optional<Actions> actions) { continue_with(std::move(actions)); };
    if (options_.events.leg_events && end == LegEnd::kHungUp && !vanished())
        report_socket(socket, "completed", {}, false, nullptr);
    if (hanging_up()) {
        // On the way out of the socket's own callback; the call ends a turn later.
        later([this] { this->end("completed", hang_up_reason_), changed(); });
    } else if (end == LegEnd::kHungUp) {
        // A transfer to a URL goes on when its document comes.
        const bool waits = changing_ncco_ && actions_.empty();
        changing_ncco_ = false;
        if (!waits) later([this] { next_action(), changed(); });
    } else if (end == LegEnd::kRefused) {
        const bool silent = !result_.violations.empty() && result_.violations.back().code == kSocketNoAnswer;
        const char* detail = silent ? "timeout" : "cannot_route";
        report_socket(socket, silent ? "unanswered" : "failed", {{"detail", json_text(detail)}},
                      socket.plan().synchronous, socket.plan().synchronous ? Reply(go_on) : nullptr);
        if (!socket.plan().synchronous) continue_with(std::nullopt);
    } else {
        report_socket(socket, "disconnected", {}, true, go_on);
    }
}

}  // namespace trunkline::lab::vonage
