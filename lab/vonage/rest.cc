// What REST answers; see the header.
#include "lab/vonage/rest.h"

#include <algorithm>
#include <cmath>

#include "engine/core/clock.h"
#include "lab/vonage/call.h"

namespace trunkline::lab::vonage {
namespace {

constexpr int64_t kSecondNs = 1'000'000'000;

RestReply not_found(const std::string& uuid) {
    return problem(404, "not-found", "Not Found", "There is no call " + uuid);
}

RestReply invalid(const std::string& parameter, const std::string& detail) {
    return problem(400, "bad-request", "Bad Request", detail, {parameter});
}

}  // namespace

void write_call(JsonWriter& w, const CallSummary& call) {
    w.begin_object().field("uuid", call.uuid).field("status", call.status);
    w.field("direction", call.outbound ? "outbound" : "inbound").field("conversation_uuid", call.conversation);
    // Objects here, whereas webhooks carry strings.
    w.key("to").begin_object().field("type", "phone").field("number", call.to).end();
    w.key("from").begin_object().field("type", "phone").field("number", call.from).end();
    w.field("start_time", call.start_time).field("end_time", call.end_time);
    w.field("duration", std::to_string(std::lround(call.duration_ms / 1000)));
    w.field("rate", "0.00450000").field("price", "0.00015000").field("network", "GB-FIXED");
    w.key("_links").begin_object().key("self").begin_object().field("href", "/v1/calls/" + call.uuid);
    w.end().end().end();
}

CallSummary summary_of(const VonageDriver& driver) {
    const auto& result = driver.result();
    const auto& options = driver.options();
    return {result.call_sid,     driver.conversation(), result.status,     options.outbound,
            result.ended,        options.from,          options.to,        driver.created_at(),
            driver.started_at(), driver.ended_at(),     result.duration_ms};
}

void CallRegistry::add(const std::string& uuid, const std::weak_ptr<VonageDriver>& call,
                       std::shared_ptr<LabThread> thread) {
    std::lock_guard lock(mutex_);
    if (calls_.count(uuid) == 0) order_.push_back(uuid);
    calls_[uuid] = {call, std::move(thread)};
}

bool CallRegistry::with(const std::string& uuid, const std::function<void(VonageDriver&)>& action) const {
    Entry entry;
    {
        std::lock_guard lock(mutex_);
        auto found = calls_.find(uuid);
        if (found == calls_.end()) return false;
        entry = found->second;
    }
    bool alive = false;
    entry.thread->run([&] {
        // Let go of again on its own thread.
        if (auto call = entry.call.lock()) {
            alive = true;
            action(*call);
        }
    });
    return alive;
}

std::vector<std::string> CallRegistry::uuids() const {
    std::lock_guard lock(mutex_);
    return order_;
}

RestReply problem(int status, const std::string& kind, const std::string& title, const std::string& detail,
                  const std::vector<std::string>& invalid_parameters) {
    JsonWriter w;
    w.begin_object().field("type", "https://developer.vonage.com/api-errors#" + kind).field("title", title);
    w.field("detail", detail).field("instance", std::to_string(monotonic_ns()));
    if (!invalid_parameters.empty()) {
        w.key("invalid_parameters").begin_array();
        for (const auto& name : invalid_parameters) w.begin_object().field("name", name).field("reason", detail).end();
        w.end();
    }
    w.end();
    return {status, w.take()};
}

bool RestServer::over_limit(std::vector<int64_t>& recent, int limit) const {
    const int64_t now = monotonic_ns();
    std::erase_if(recent, [now](int64_t at) { return at <= now - kSecondNs; });
    if (limit > 0 && static_cast<int>(recent.size()) >= limit) return true;
    recent.push_back(now);
    return false;
}

RestReply RestServer::answer(const std::string& method, const std::string& path, const std::string& authorization,
                             const std::string& body, const Query& query) {
    static const std::string kBase = "/v1/calls";
    auto token = check_application_token(authorization, options_.public_key, options_.application_id, unix_ms() / 1000);
    if (!token) return problem(401, "unauthorized", "Unauthorized", token.error().message);
    std::string rest = path.substr(std::min(path.size(), kBase.size()));
    while (rest.ends_with('/')) rest.pop_back();
    const bool creates = method == "POST" && rest.empty();
    const bool limited = creates ? over_limit(creates_, options_.creates_per_second)
                                 : over_limit(requests_, options_.requests_per_second);
    if (limited) return problem(429, "throttled", "Too Many Requests", "the limit of requests per second is exceeded");
    Json json;
    if (!body.empty()) {
        auto parsed = Json::parse(body);
        if (!parsed)
            return problem(400, "bad-request", "Bad Request", "the body is no JSON: " + parsed.error().message);
        json = *parsed;
    }
    if (creates) return create(json);
    if (method == "GET" && rest.empty()) return list(query);
    if (rest.empty()) return problem(405, "method", "Method Not Allowed", method + " is not known here");
    const std::string tail = rest.substr(1);
    const std::string uuid = tail.substr(0, tail.find('/'));
    if (uuid.size() < tail.size()) return side_action(method, uuid, tail.substr(uuid.size() + 1), json);
    if (method == "GET") return get(uuid);
    if (method == "PUT") return modify(uuid, json);
    return problem(405, "method", "Method Not Allowed", method + " is not known here");
}

RestReply RestServer::create(const Json& body) {
    auto wanted = read_create(body, options_.call);
    if (!wanted) return wanted.error();
    const CallSummary call = dial_out_(std::move(*wanted));
    JsonWriter w;
    w.begin_object().field("uuid", call.uuid).field("status", "started").field("direction", "outbound");
    w.field("conversation_uuid", call.conversation).end();
    return {201, w.take()};
}

RestReply RestServer::get(const std::string& uuid) const {
    CallSummary call;
    if (!registry_->with(uuid, [&](VonageDriver& driver) { call = summary_of(driver); })) return not_found(uuid);
    JsonWriter w;
    write_call(w, call);
    return {200, w.take()};
}

RestReply RestServer::modify(const std::string& uuid, const Json& body) const {
    const std::string action = body["action"].text_or("");
    RestReply reply;
    const bool found = registry_->with(uuid, [&](VonageDriver& call) {
        if (call.result().ended) {
            reply = not_found(uuid);
        } else if (action == "hangup") {
            call.hang_up_by_rest();
        } else if (action == "mute" || action == "earmuff") {
            call.set_active(false);
        } else if (action == "unmute" || action == "unearmuff") {
            call.set_active(true);
        } else if (action == "transfer") {
            const Json to = body["destination"];
            const std::string url = to["url"].at(0).text_or("");
            if (to["type"].text_or("") != "ncco") {
                reply = invalid("destination.type", "destination.type is not ncco");
            } else if (to["url"].exists() == to["ncco"].exists()) {
                reply = invalid("destination", "exactly one of url and ncco is wanted");
            } else if (to["ncco"].exists()) {
                if (auto taken = call.transfer(to["ncco"].dump()); !taken)
                    reply = invalid("destination.ncco", taken.error().message);
            } else if (to["url"].size() != 1 || url.empty()) {
                reply = invalid("destination.url", "destination.url is not an array of exactly one URL");
            } else {
                call.transfer_to_url(url);
            }
        } else {
            reply = invalid("action", "action '" + action + "' is not known");
        }
    });
    return found ? reply : not_found(uuid);
}

/// stream, talk and dtmf of a running call: answered as the carrier does, heard as steps of the call.
RestReply RestServer::side_action(const std::string& method, const std::string& uuid, const std::string& what,
                                  const Json& body) const {
    const bool known = what == "stream" || what == "talk" || what == "dtmf";
    if (!known || (method != "PUT" && (method != "DELETE" || what == "dtmf")))
        return problem(404, "not-found", "Not Found", "there is nothing at /v1/calls/{uuid}/" + what);
    RestReply reply;
    const bool found = registry_->with(uuid, [&](VonageDriver& call) {
        if (call.result().ended) return void(reply = not_found(uuid));
        if (what == "dtmf") call.press(body["digits"].text_or(""));
        call.note("rest", method + " " + what);
        JsonWriter w;
        const std::string done = method == "PUT" ? " started" : " stopped";
        w.begin_object().field("message", what == "dtmf" ? "DTMF sent" : what + done).field("uuid", uuid).end();
        reply = {200, w.take()};
    });
    return found ? reply : not_found(uuid);
}

}  // namespace trunkline::lab::vonage
