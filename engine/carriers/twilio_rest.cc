#include "engine/carriers/twilio_rest.h"

#include <glib.h>

#include "engine/carriers/twilio.h"
#include "engine/core/base64.h"
#include "engine/core/json.h"

namespace trunkline::twilio {
namespace {

void append_form(std::string& body, std::string_view name, std::string_view value) {
    if (!body.empty()) body += '&';
    char* escaped = g_uri_escape_string(std::string(value).c_str(), nullptr, FALSE);
    body += std::string(name) + "=" + escaped;
    g_free(escaped);
}

}  // namespace

Result<RestCall> read_call(const HttpAnswer& answer) {
    auto doc = Json::parse(answer.body);
    if (answer.status == 200 || answer.status == 201) {
        if (!doc || !(*doc)["sid"].is_string()) return fail("twilio-http", "Twilio's answer is not a call object");
        return RestCall{(*doc)["sid"].text_or(""), call_status((*doc)["status"].text_or("")),
                        (*doc)["queue_time"].int_or(0)};
    }
    const Json error = doc ? *doc : Json();
    const int64_t code = error["code"].int_or(0);
    const std::string message = error["message"].text_or("HTTP " + std::to_string(answer.status));
    return fail(code != 0 ? "twilio-" + std::to_string(code) : "twilio-http",
                "Twilio refused (HTTP " + std::to_string(answer.status) + "): " + message);
}

struct RestClient::Impl : std::enable_shared_from_this<RestClient::Impl> {
    Impl(Shard* s, RestSettings given) : shard(s), settings(std::move(given)) {
        const std::string pair = settings.user + ":" + settings.password;
        authorization = "Basic " + base64_encode({reinterpret_cast<const uint8_t*>(pair.data()), pair.size()});
    }

    /// `repeatable`: doing it twice is harmless. 429 was not carried out and is tried again in any case; behind a 503
    /// there may be a call that rings already.
    void send(const std::string& method, const std::string& path, const std::string& body, bool repeatable, int tries,
              std::function<void(Result<HttpAnswer>)> done) {
        HttpCall call;
        call.method = method;
        call.url = settings.base_url + "/Accounts/" + settings.account_sid + path;
        call.headers = {{"Authorization", authorization}};
        call.content_type = "application/x-www-form-urlencoded";
        call.body = body;
        auto weak = weak_from_this();
        client.call(std::move(call), [weak, method, path, body, repeatable, tries, done](Result<HttpAnswer> answer) {
            auto self = weak.lock();
            if (!self) return;
            const bool busy = answer && (answer->status == 429 || (answer->status == 503 && repeatable));
            if (!busy || tries + 1 >= self->settings.max_tries) {
                done(std::move(answer));
                return;
            }
            const auto delay = std::chrono::milliseconds(self->settings.first_retry_ms << tries);
            self->shard->after(delay, [weak, method, path, body, repeatable, tries, done] {
                if (auto again = weak.lock()) again->send(method, path, body, repeatable, tries + 1, done);
            });
        });
    }

    Shard* shard;
    RestSettings settings;
    std::string authorization;
    HttpClient client;
};

RestClient::RestClient(Shard* shard, RestSettings settings)
    : impl_(std::make_shared<Impl>(shard, std::move(settings))) {}
RestClient::~RestClient() = default;

void RestClient::place(const PlaceCall& call, std::function<void(Result<RestCall>)> done) {
    std::string body;
    append_form(body, "To", call.to);
    append_form(body, "From", call.from);
    if (!call.url.empty())
        append_form(body, "Url", call.url);
    else
        append_form(body, "Twiml", call.twiml);
    if (!call.status_callback.empty()) {
        append_form(body, "StatusCallback", call.status_callback);
        for (const char* event : {"initiated", "ringing", "answered", "completed"}) {
            append_form(body, "StatusCallbackEvent", event);
        }
    }
    append_form(body, "Timeout", std::to_string(call.timeout_s));
    impl_->send("POST", "/Calls.json", body, false, 0, [done](Result<HttpAnswer> answer) {
        done(answer ? read_call(*answer) : Result<RestCall>(tl::unexpected(answer.error())));
    });
}

void RestClient::fetch(const std::string& sid, std::function<void(Result<RestCall>)> done) {
    impl_->send("GET", "/Calls/" + sid + ".json", "", true, 0, [done](Result<HttpAnswer> answer) {
        done(answer ? read_call(*answer) : Result<RestCall>(tl::unexpected(answer.error())));
    });
}

void RestClient::hang_up(const std::string& sid, std::function<void(Status)> done) {
    impl_->send("POST", "/Calls/" + sid + ".json", "Status=completed", true, 0, [done](Result<HttpAnswer> answer) {
        if (!answer) {
            done(tl::unexpected(answer.error()));
        } else if (answer->status == 404) {
            done({});
        } else if (auto call = read_call(*answer); call || call.error().code == "twilio-20404") {
            done({});
        } else {
            done(tl::unexpected(call.error()));
        }
    });
}

}  // namespace trunkline::twilio
