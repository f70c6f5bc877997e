// What the carrier says over HTTP: signed requests with their retries, and the events of a call in their order.
#include <algorithm>

#include "engine/core/clock.h"
#include "lab/vonage/call.h"
#include "lab/vonage/codes.h"

namespace trunkline::lab::vonage {
namespace {

bool worth_a_retry(const HttpAnswer& answer) {
    return answer.status == 0 || answer.status == 429 || answer.status == 503 || answer.status == 504;
}

bool accepted(const HttpAnswer& answer) { return answer.status >= 200 && answer.status <= 205; }

/// How a value stands in a query: text without quotes, everything else as JSON.
std::string query_value(const std::string& json) {
    auto value = Json::parse(json);
    return value && value->is_string() ? value->text_or("") : json;
}

}  // namespace

std::string json_text(std::string_view text) {
    std::string out = "\"";
    json_escape(text, out);
    return out + "\"";
}

HttpRequest VonageDriver::build_request(const std::string& url, const std::string& method, const EventFields& fields,
                                        int attempt) const {
    HttpRequest request;
    request.method = method == "GET" ? "GET" : "POST";
    std::string asked = url;
    const bool get = request.method == "GET";
    if (get) {
        FormFields query;
        for (const auto& [name, value] : fields) query.emplace_back(name, query_value(value));
        asked += (asked.find('?') == std::string::npos ? '?' : '&') + form_encode(query);
    } else {
        JsonWriter body;
        body.begin_object();
        for (const auto& [name, value] : fields) body.raw_field(name, value);
        body.end();
        request.form = body.take();
        request.content_type = "application/json";
    }
    request.url = asked;
    // The server's public address is reached where its answer URL is.
    auto home = split_url(options_.answer_url);
    auto ours = split_url(options_.public_url);
    auto parts = split_url(asked);
    if (home && ours && parts && (parts->origin() == ours->origin() || parts->origin() == home->origin())) {
        request.url = home->origin() + parts->target;
        request.host_header = ours->authority();
    }
    const std::string token =
        authorization(signer_, options_.signing, request.form, !get || options_.hash_on_get, attempt);
    if (!token.empty()) request.headers.emplace_back("Authorization", token);
    return request;
}

void VonageDriver::ask(Ask wanted) {
    HttpRequest request = build_request(wanted.url, wanted.method, wanted.fields, wanted.attempt);
    request.timeout_ms = wanted.timeout_ms;
    request.connect_timeout_ms = options_.connect_timeout_ms;
    http_.send(request, [weak = weak_self(), wanted = std::move(wanted)](const HttpAnswer& answer) mutable {
        auto self = weak.lock();
        if (self == nullptr) return;
        const bool unsigned_refused =
            self->options_.signing == Signing::kUnsignedOnce && wanted.attempt == 1 && answer.status >= 500;
        if (wanted.attempt < wanted.attempts && (worth_a_retry(answer) || unsigned_refused)) {
            self->note("webhook", "again: " + wanted.url);
            ++wanted.attempt;
            return self->ask(std::move(wanted));
        }
        wanted.done(answer);
    });
}

EventFields VonageDriver::call_fields(const std::string& status) const {
    const bool detected = status == "human" || status == "machine";
    EventFields fields = {{"from", json_text(options_.from)},
                          {"to", json_text(options_.to)},
                          {detected ? "call_uuid" : "uuid", json_text(result_.call_sid)},
                          {"conversation_uuid", json_text(conversation_)}};
    if (!status.empty()) fields.emplace_back("status", json_text(status));
    fields.emplace_back("direction", json_text(options_.outbound ? "outbound" : "inbound"));
    fields.emplace_back("timestamp", json_text(rfc3339(unix_ms())));
    return fields;
}

EventFields VonageDriver::filtered(const std::string& status, EventFields fields) const {
    const auto chosen = [&status](const std::set<std::string>& names, const std::string& field) {
        return names.count(field) != 0 || names.count(status + "." + field) != 0;
    };
    std::erase_if(fields, [&](const auto& field) { return chosen(options_.events.omit, field.first); });
    for (auto& [name, value] : fields) {
        if (chosen(options_.events.null_fields, name)) value = "null";
    }
    return fields;
}

void VonageDriver::report(const std::string& status, EventFields more) {
    EventFields fields = call_fields(status);
    fields.insert(fields.end(), more.begin(), more.end());
    queue_event({status, options_.event_url, options_.event_method, std::move(fields), false, nullptr, 0});
}

void VonageDriver::report_to(const NccoAction& action, const std::string& status, EventFields more, Reply then) {
    EventFields fields = call_fields(status);
    fields.insert(fields.end(), more.begin(), more.end());
    const bool own = !action.event_url.empty();
    queue_event({status.empty() ? action.name : status, own ? action.event_url : options_.event_url,
                 own ? action.event_method : options_.event_method, std::move(fields), true, std::move(then), 0});
}

void VonageDriver::queue_event(Event event) {
    if (vanished() || event.url.empty()) {
        if (event.then) event.then(std::nullopt);
        return;
    }
    event.fields = filtered(event.status, std::move(event.fields));
    event.index = static_cast<int>(result_.status_callbacks.size());
    result_.status_callbacks.push_back({event.index, event.status, 0});
    // Reordering holds one back until its successor has been queued.
    const bool may_wait = options_.events.reorder && held_events_.empty() && !result_.ended && !event.honours;
    if (may_wait) return held_events_.push_back(std::move(event));
    Event copy = event;
    copy.index = -1;
    copy.honours = false;
    copy.then = nullptr;
    events_.push_back(std::move(event));
    if (options_.events.duplicate) events_.push_back(std::move(copy));
    for (auto& one : held_events_) events_.push_back(std::move(one));
    held_events_.clear();
    send_next_event();
}

void VonageDriver::send_next_event() {
    if (event_in_flight_ || events_.empty()) return;
    auto event = std::make_shared<Event>(std::move(events_.front()));
    events_.pop_front();
    event_in_flight_ = true;
    Ask wanted;
    wanted.url = event->url;
    wanted.method = event->method;
    wanted.fields = event->fields;
    wanted.attempts = options_.events.attempts;
    wanted.timeout_ms = options_.events.timeout_ms;
    wanted.done = [weak = weak_self(), event](const HttpAnswer& answer) {
        if (auto self = weak.lock()) self->event_answered(*event, answer);
    };
    ask(std::move(wanted));
}

void VonageDriver::event_answered(const Event& event, const HttpAnswer& answer) {
    if (event.index >= 0) {
        // An event without an answer is told apart from one that still waits for it.
        auto& callback = result_.status_callbacks[static_cast<size_t>(event.index)];
        callback.http_status = answer.status == 0 ? 599 : answer.status;
    }
    note("status", event.status + " -> HTTP " + std::to_string(answer.status) + " " + answer.error);
    event_in_flight_ = false;
    send_next_event();
    if (closes_late_ && event.status == "completed") close_legs(late_close_);
    if (!accepted(answer)) {
        violation(kEventFailed, true,
                  "the event '" + event.status + "' was answered with " +
                      (answer.status == 0 ? answer.error : std::to_string(answer.status)));
        if (event.honours) ask_fallback(event, answer);
        return changed();
    }
    auto actions = ncco_in(answer.body, event.honours);
    if (event.honours) {
        if (actions) note("ncco", answer.body);
        if (event.then) event.then(std::move(actions));
    } else if (actions && event.index >= 0) {
        violation(kNccoIgnored, true, "an NCCO in the reply to '" + event.status + "', where none is honoured");
    }
    changed();
}

/// Where an NCCO would have been honoured, the fallback is asked before the flow goes on.
void VonageDriver::ask_fallback(const Event& event, const HttpAnswer& answer) {
    if (options_.fallback_answer_url.empty()) {
        if (event.then) event.then(std::nullopt);
        return;
    }
    JsonWriter original;
    original.begin_object().field("url", event.url).field("type", event.method).end();
    Ask wanted;
    wanted.url = options_.fallback_answer_url;
    wanted.method = options_.answer_method;
    wanted.fields = event.fields;
    wanted.fields.emplace_back("reason", json_text("HTTP status " + std::to_string(answer.status)));
    wanted.fields.emplace_back("original_request", original.take());
    wanted.timeout_ms = options_.events.timeout_ms;
    wanted.done = [weak = weak_self(), then = event.then](const HttpAnswer& fallback) {
        auto self = weak.lock();
        if (self == nullptr || !then) return;
        then(accepted(fallback) ? self->ncco_in(fallback.body, true) : std::nullopt);
        self->changed();
    };
    ask(std::move(wanted));
}

/// A body that is an NCCO the carrier can execute. An empty body, and an empty array, say nothing.
std::optional<VonageDriver::Actions> VonageDriver::ncco_in(const std::string& body, bool wanted) {
    const size_t first = body.find_first_not_of(" \t\r\n");
    if (first == std::string::npos || body[first] != '[') return std::nullopt;
    auto actions = parse_ncco(body, {options_.max_header_bytes, options_.max_uri});
    if (!actions && wanted) violation(kBadNcco, false, actions.error().message);
    if (!actions || actions->empty()) return std::nullopt;
    return std::move(*actions);
}

}  // namespace trunkline::lab::vonage
