// The websocket legs of a call: what `connect` asks for, where it is dialed, and what follows when one ends.
#include <glib.h>

#include "engine/core/clock.h"
#include "lab/vonage/call.h"
#include "lab/vonage/codes.h"

namespace trunkline::lab::vonage {

/// False: the flow waits for the leg's end.
bool VonageDriver::connect(const NccoAction& action) {
    SocketPlan plan;
    char* leg = g_uuid_string_random();
    plan.uuid = leg;
    g_free(leg);
    plan.endpoint = action.endpoint;
    plan.event_url = action.event_url.empty() ? options_.event_url : action.event_url;
    plan.event_method = action.event_url.empty() ? options_.event_method : action.event_method;
    plan.synchronous = action.synchronous;
    if (!plan_dial(plan.endpoint, plan.dial)) return true;
    // Path and query may hold a ticket; a log shows where it leads, not the ticket.
    note("stream", "dialing " + action.text.substr(0, action.text.find('/', std::string_view("wss://").size())));
    StreamResult fresh;
    fresh.stream_sid = plan.uuid;
    fresh.dialed_url = action.text;
    result_.streams.push_back(std::move(fresh));
    SocketOwner& owner = *this;
    sockets_.push_back(std::make_unique<MediaSocket>(std::move(plan), options_.media, owner));
    connected_ = sockets_.back().get();
    if (action.seconds > 0) leg_timer_.after_ms(static_cast<int64_t>(action.seconds * 1000));
    connected_->open();
    return false;
}

bool VonageDriver::plan_dial(const SocketEndpoint& endpoint, WsDial& dial) {
    auto parts = split_url(endpoint.uri);
    if (!parts) return violation(kBadNcco, false, parts.error().message), false;
    dial.host = parts->host;
    dial.port = parts->port;
    dial.tls = parts->scheme == "wss";
    dial.tls_check = options_.tls_check;
    dial.host_header = parts->authority();
    dial.target = parts->target;
    dial.timeout_ms = options_.socket_timeout_ms;
    dial.send_buffer = options_.media.send_buffer;
    dial.subprotocol = options_.media.subprotocol;
    // What has been read cannot push back any more.
    if (options_.media.read_gap_ms > 0) dial.read_bytes = 4096;
    auto home = split_url(options_.answer_url);
    auto ours = split_url(options_.public_url);
    if (!options_.dial.empty()) {
        auto address = split_host_port(options_.dial);
        if (!address) return violation(kBadNcco, false, address.error().message), false;
        dial.host = address->host;
        dial.port = address->port;
        dial.tls = false;
    } else if (ours && home && ours->host == parts->host) {
        dial.host = home->host;
        dial.port = home->port;
        dial.tls = home->scheme == "https";
        dial.tls_name = parts->host;
    }
    if (endpoint.authorization == "custom") dial.headers.emplace_back("Authorization", endpoint.custom_value);
    if (endpoint.authorization == "vonage") {
        const std::string token = authorization(signer_, options_.socket_signing, "", false, 1);
        if (!token.empty()) dial.headers.emplace_back("Authorization", token);
    }
    dial.headers.emplace_back("User-Agent", "Vonage-Voice-Lab/1.0");
    return true;
}

MediaSocket* VonageDriver::talking() const {
    return connected_ != nullptr && !connected_->over() ? connected_ : nullptr;
}

bool VonageDriver::say(std::string name, const Samples& samples) {
    MediaSocket* socket = talking();
    if (socket == nullptr || samples.empty()) return false;
    socket->say(std::move(name), samples);
    return true;
}

void VonageDriver::be_quiet() {
    if (MediaSocket* socket = talking()) socket->be_quiet();
}

void VonageDriver::press(std::string_view digits) {
    if (MediaSocket* socket = talking()) socket->press(digits);
}

void VonageDriver::pause_reading(bool pause) {
    if (MediaSocket* socket = talking()) socket->pause_reading(pause);
}

void VonageDriver::set_active(bool active) {
    if (MediaSocket* socket = talking()) socket->set_active(active);
}

void VonageDriver::close_sockets(HangUp how) {
    for (size_t i = 0; i < sockets_.size(); ++i) {
        if (!sockets_[i]->over()) sockets_[i]->hang_up(how);
    }
}

StreamResult& VonageDriver::socket_result(const MediaSocket& socket) {
    for (auto& one : result_.streams) {
        if (one.stream_sid == socket.plan().uuid) return one;
    }
    return result_.streams.back();
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

void VonageDriver::socket_opened(MediaSocket& socket) {
    if (options_.events.leg_events) {
        report_socket(socket, "started", {}, false, nullptr);
        report_socket(socket, "answered", {}, false, nullptr);
    }
    if (options_.actions_after_connect_at_once) later([this] { next_action(), changed(); });
}

/// The NCCO of a reply takes over; without one the old one goes on.
void VonageDriver::continue_with(std::optional<Actions> actions) {
    if (result_.ended || hanging_up_) return;
    if (actions) actions_.assign(actions->begin(), actions->end());
    later([this] { next_action(), changed(); });
}

void VonageDriver::socket_ended(MediaSocket& socket, SocketEnd end) {
    if (&socket != connected_) return changed();
    connected_ = nullptr;
    leg_timer_.cancel();
    const auto go_on = [this](std::optional<Actions> actions) { continue_with(std::move(actions)); };
    if (result_.ended) return changed();
    if (options_.events.leg_events && end == SocketEnd::kHungUp && !vanished_)
        report_socket(socket, "completed", {}, false, nullptr);
    if (hanging_up_) {
        // On the way out of the socket's own callback; the call ends a turn later.
        later([this] { this->end("completed", hang_up_reason_), changed(); });
    } else if (end == SocketEnd::kHungUp) {
        // A transfer to a URL goes on when its document comes.
        const bool waits = changing_ncco_ && actions_.empty();
        changing_ncco_ = false;
        if (!waits) later([this] { next_action(), changed(); });
    } else if (end == SocketEnd::kRefused) {
        const bool silent = !result_.violations.empty() && result_.violations.back().code == kSocketNoAnswer;
        const char* detail = silent ? "timeout" : "cannot_route";
        report_socket(socket, silent ? "unanswered" : "failed", {{"detail", json_text(detail)}},
                      socket.plan().synchronous, socket.plan().synchronous ? Reply(go_on) : nullptr);
        if (!socket.plan().synchronous) continue_with(std::nullopt);
    } else {
        report_socket(socket, "disconnected", {}, true, go_on);
    }
    changed();
}

}  // namespace trunkline::lab::vonage
