#include "engine/carriers/vonage_rest.h"

#include <glib.h>

#include "engine/carriers/vonage.h"
#include "engine/core/clock.h"
#include "engine/core/id.h"
#include "engine/core/json.h"
#include "engine/net/jwt.h"

namespace trunkline::vonage {
namespace {

constexpr int64_t kRenewBeforeS = 60;

std::string digits_of(std::string_view number) {
    return std::string(number.starts_with('+') ? number.substr(1) : number);
}

std::string path_of(const std::string& uuid) {
    char* escaped = g_uri_escape_string(uuid.c_str(), nullptr, FALSE);
    std::string path = std::string("/v1/calls/") + escaped;
    g_free(escaped);
    return path;
}

/// `title: detail (to.number: must be …; …)`, of what an error has of these.
std::string sentence_of(const Json& error) {
    std::string text = error["title"].text_or(error["error_title"].text_or(""));
    if (const std::string detail = error["detail"].text_or(""); !detail.empty())
        text += (text.empty() ? "" : ": ") + detail;
    const Json parameters = error["invalid_parameters"];
    std::string names;
    for (size_t i = 0; i < parameters.size() && i < 8; ++i) {
        const Json one = parameters.at(i);
        names += (names.empty() ? "" : "; ") + one["name"].text_or("?") + " " + one["reason"].text_or("");
    }
    if (!names.empty()) text += " (" + names + ")";
    return text.substr(0, 1024);
}

}  // namespace

Result<std::string> TokenSource::token(int64_t now_s) {
    const int64_t renew_before = std::min(kRenewBeforeS, life_s_ / 2);
    if (now_s < expires_s_ - renew_before && now_s >= made_s_) return token_;
    JsonWriter claims;
    claims.begin_object().field("application_id", application_id_).field("iat", now_s);
    claims.field("exp", now_s + life_s_).field("jti", new_id("")).end();
    auto made = jwt_sign_rs256(private_key_, claims.text());
    if (!made) return made;
    made_s_ = now_s;
    expires_s_ = now_s + life_s_;
    return token_ = std::move(*made);
}

std::string place_body(const PlaceCall& call) {
    JsonWriter w;
    w.begin_object().key("to").begin_array().begin_object();
    w.field("type", "phone").field("number", digits_of(call.to)).end().end();
    if (call.from.empty()) {
        w.field("random_from_number", true);
    } else {
        w.key("from").begin_object().field("type", "phone").field("number", digits_of(call.from)).end();
    }
    if (!call.answer_url.empty()) {
        w.key("answer_url").begin_array().value(call.answer_url).end().field("answer_method", "GET");
    } else {
        w.raw_field("ncco", call.ncco);
    }
    if (!call.event_url.empty()) {
        w.key("event_url").begin_array().value(call.event_url).end().field("event_method", "POST");
    }
    if (!call.machine_detection.empty()) w.field("machine_detection", call.machine_detection);
    w.field("ringing_timer", call.ringing_timer_s).end();
    return w.take();
}

Result<RestCall> read_call(const HttpAnswer& answer) {
    if (answer.status != 200 && answer.status != 201) return tl::unexpected(read_error(answer));
    const auto doc = Json::parse(answer.body);
    if (!doc || !(*doc)["uuid"].is_string())
        return fail("vonage-" + std::to_string(answer.status), "Vonage's answer is not a call object");
    return RestCall{(*doc)["uuid"].text_or(""), (*doc)["conversation_uuid"].text_or(""),
                    call_status((*doc)["status"].text_or(""), "")};
}

Error read_error(const HttpAnswer& answer) {
    const auto doc = Json::parse(answer.body);
    std::string why = doc ? sentence_of(*doc) : "";
    if (why.empty()) why = "no reason given";
    if (answer.status == 401) why += "; check VONAGE_APPLICATION_ID, VONAGE_PRIVATE_KEY and this machine's clock";
    if (answer.status == 404) why += "; a call is known in its own region only: check VONAGE_API_URL";
    return {"vonage-" + std::to_string(answer.status),
            "Vonage refused (HTTP " + std::to_string(answer.status) + "): " + why};
}

struct RestClient::Impl : std::enable_shared_from_this<RestClient::Impl> {
    using Done = std::function<void(Result<HttpAnswer>)>;
    struct Request {
        std::string method, path, body;
        bool creates = false;  ///< behind a 503 there may be a phone that rings already
        int tries = 0;
        bool new_token = false;
        Done done;
        int turn_ms = INT_MAX;
        int answer_ms = 0;  ///< 0: as the settings say
    };

    Impl(Shard* s, RestSettings given)
        : shard(s),
          settings(std::move(given)),
          tokens(settings.application_id, settings.private_key, settings.token_life_s) {}

    RollingLimit& limit(const Request& r) const {
        return r.creates ? settings.limits->creates : settings.limits->others;
    }

    /// When its turn comes.
    void send(Request request) {
        const int64_t now = monotonic_ns();
        const auto moment = limit(request).take(now, int64_t{request.turn_ms} * 1'000'000);
        if (!moment) {
            request.done(fail("vonage-limit", "too many requests to Vonage wait already"));
            return;
        }
        if (*moment <= now) {
            go(std::move(request));
            return;
        }
        after((*moment - now) / 1'000'000 + 1, std::move(request), &Impl::go);
    }

    void after(int64_t ms, Request request, void (Impl::*step)(Request)) {
        shard->after(std::chrono::milliseconds(ms), [weak = weak_from_this(), step, request = std::move(request)] {
            if (auto self = weak.lock()) (self.get()->*step)(request);
        });
    }

    void go(Request request) {
        const auto token = tokens.token(unix_ms() / 1000);
        if (!token) {
            request.done(tl::unexpected(token.error()));
            return;
        }
        HttpCall call;
        call.method = request.method;
        call.url = settings.base_url + request.path;
        call.headers = {{"Authorization", "Bearer " + *token}, {"Accept", "application/json"}};
        call.body = request.body;
        call.timeout_ms = request.answer_ms > 0 ? request.answer_ms : settings.timeout_ms;
        client.call(std::move(call), [weak = weak_from_this(), request](Result<HttpAnswer> answer) mutable {
            if (auto self = weak.lock()) self->take(std::move(request), std::move(answer));
        });
    }

    void take(Request request, Result<HttpAnswer> answer) {
        const int status = answer ? answer->status : 0;
        if (status == 401 && !request.new_token) {  // perhaps the token is too old for their clock
            tokens.forget();
            request.new_token = true;
            go(std::move(request));
            return;
        }
        const bool busy = status == 429 || (status == 503 && !request.creates);
        if (status == 429) limit(request).back_off(monotonic_ns());
        if (!busy || request.tries + 1 >= settings.max_tries) {
            const Done done = std::move(request.done);
            done(std::move(answer));
            return;
        }
        const int delay = settings.first_retry_ms << request.tries;
        ++request.tries;
        after(delay, std::move(request), &Impl::send);
    }

    Shard* shard;
    RestSettings settings;
    TokenSource tokens;
    HttpClient client;
};

RestClient::RestClient(Shard* shard, RestSettings settings)
    : impl_(std::make_shared<Impl>(shard, std::move(settings))) {}
RestClient::~RestClient() = default;

void RestClient::place(const PlaceCall& call, std::function<void(Result<RestCall>)> done) {
    impl_->send({"POST", "/v1/calls", place_body(call), true, 0, false, [done](Result<HttpAnswer> answer) {
                     done(answer ? read_call(*answer) : Result<RestCall>(tl::unexpected(answer.error())));
                 }});
}

void RestClient::fetch(const std::string& uuid, std::function<void(Result<RestCall>)> done) {
    impl_->send({"GET", path_of(uuid), "", false, 0, false, [done](Result<HttpAnswer> answer) {
                     done(answer ? read_call(*answer) : Result<RestCall>(tl::unexpected(answer.error())));
                 }});
}

void RestClient::hang_up(const std::string& uuid, std::function<void(Status)> done, int turn_ms, int answer_ms) {
    auto told = [done = std::move(done)](Result<HttpAnswer> answer) {
        if (!answer) {
            done(tl::unexpected(answer.error()));
        } else if (answer->status / 100 == 2 || answer->status == 404) {
            done({});
        } else {
            done(tl::unexpected(read_error(*answer)));
        }
    };
    impl_->send({"PUT", path_of(uuid), R"({"action":"hangup"})", false, 0, false, std::move(told), turn_ms, answer_ms});
}

}  // namespace trunkline::vonage
