// The life of a call: documents and their verbs.
#include "lab/twilio/call_driver.h"

#include <algorithm>
#include <cmath>

#include "engine/core/id.h"
#include "lab/carrier/url.h"

namespace trunkline::lab {
namespace {

std::string describe(const TwimlVerb& verb) {
    std::string out = verb.name;
    if (!verb.text.empty()) out += " " + verb.text;
    if (verb.name == "Pause") out += " " + verb.attribute("length", "1");
    return out;
}

}  // namespace

std::string random_sid(const char* prefix) {
    uint8_t bytes[16];
    random_bytes(bytes);
    return prefix + to_hex(bytes);
}

CallDriver::CallDriver(TwilioCallOptions options, HttpSender& http) : options_(std::move(options)), http_(http) {
    result_.account_sid = options_.account_sid.empty() ? random_sid("AC") : options_.account_sid;
    result_.call_sid = options_.call_sid.empty() ? random_sid("CA") : options_.call_sid;
    if (auto parts = split_url(options_.webhook_url)) webhook_origin_ = parts->origin();
}

CallDriver::~CallDriver() = default;

void CallDriver::start() {
    begin(options_.max_call_ms);
    result_.status = "initiated";
    report_status("initiated", "initiated");
    result_.status = "ringing";
    report_status("ringing", "ringing");
    note("call", "ringing " + options_.to);
    request_document(public_form(options_.webhook_url), options_.webhook_method, false);
}

void CallDriver::request_document(const std::string& url, const std::string& method, bool is_fallback) {
    if (!another_document(kWebhookFailed)) return end("failed", "the documents never end");
    note("webhook", method + " " + url);
    auto request = signed_request(url, method, base_fields(result_.status));
    request.timeout_ms = options_.webhook_timeout_ms;
    http_.send(request, [weak = weak_self(), url, is_fallback](const HttpAnswer& answer) {
        if (auto self = weak.lock()) self->document_answered(url, is_fallback, answer);
    });
}

void CallDriver::document_answered(const std::string& url, bool is_fallback, const HttpAnswer& answer) {
    if (result_.ended) return;
    if (result_.webhook_ms < 0) result_.webhook_ms = answer.ms;
    const auto known = result_.violations.size();
    const std::string& type = answer.content_type;
    Result<std::vector<TwimlVerb>> document;
    if (answer.timed_out) {
        violation(kWebhookTimeout, false, "no complete answer from " + url + " in time");
    } else if (answer.status == 0) {
        violation(kWebhookFailed, false, "no answer from " + url + ": " + answer.error);
    } else if (answer.status < 200 || answer.status > 299) {
        violation(kWebhookFailed, false, url + " answered with HTTP " + std::to_string(answer.status));
    } else if (type != "text/xml" && type != "application/xml" && type != "text/html") {
        violation(kWebhookFailed, false, url + " answered with content type '" + type + "'; wanted is text/xml");
    } else if (document = parse_twiml(answer.body); !document) {
        violation(kBadTwiml, false, document.error().message);
    }
    if (result_.violations.size() > known) {
        if (!is_fallback && !options_.fallback_url.empty()) {
            request_document(public_form(options_.fallback_url), options_.webhook_method, true);
        } else {
            end("failed", "the voice webhook failed");
        }
        return changed();
    }
    note("twiml", answer.body);
    base_url_ = url;
    verbs_.assign(document->begin(), document->end());
    next_verb();
    changed();
}

void CallDriver::next_verb() {
    while (!result_.ended) {
        if (verbs_.empty()) {
            pick_up();
            return end("completed", "the TwiML document ran out");
        }
        TwimlVerb verb = std::move(verbs_.front());
        verbs_.pop_front();
        const bool rejects = verb.name == "Reject" && first_verb_;
        if (!rejects) pick_up();
        first_verb_ = false;
        result_.verbs.push_back(describe(verb));
        note("verb", describe(verb));
        static constexpr std::string_view kInstant[] = {"Say", "Play", "Gather", "Dial", "Start", "Stop"};
        execute(verb);
        if (std::find(std::begin(kInstant), std::end(kInstant), verb.name) == std::end(kInstant)) return;
    }
}

void CallDriver::execute(const TwimlVerb& verb) {
    const std::string& name = verb.name;
    if (name == "Connect") return connect(verb);
    if (name == "Hangup") return end("completed", "<Hangup>");
    if (name == "Reject") {
        if (answered()) return end("completed", "<Reject> after the call was answered");
        return end(verb.attribute("reason", "rejected") == "busy" ? "busy" : "no-answer", "<Reject>");
    }
    if (name == "Redirect") {
        auto target = resolve_url(base_url_, verb.text);
        if (!target) {
            violation(kWebhookFailed, false, "<Redirect>: " + target.error().message);
            return end("failed", "<Redirect> leads nowhere");
        }
        verbs_.clear();
        return request_document(*target, verb.attribute("method", "POST"), false);
    }
    if (name == "Pause") {
        const int seconds = std::max(0, std::atoi(verb.attribute("length", "1").c_str()));
        return after_ms(options_.wait_pauses ? seconds * 1000 : 0, [this] { next_verb(), changed(); });
    }
    if (name == "Start") {
        const TwimlVerb* noun = verb.child("Stream");
        if (noun != nullptr) {
            open_stream(*noun, false);
        } else {
            violation(kUnknownVerb, true, "<Start> without <Stream>");
        }
        return;
    }
    if (name == "Stop") return stop_stream(verb);
    if (name == "Say" || name == "Play" || name == "Gather" || name == "Dial") return;  // recorded as a step
    violation(kUnknownVerb, true, "<" + name + "> in line " + std::to_string(verb.line) + " is no verb");
    later([this] { next_verb(), changed(); });
}

void CallDriver::pick_up() {
    if (answered()) return;
    set_answered();
    result_.status = "in-progress";
    note("call", "answered");
    report_status("answered", "in-progress");
}

void CallDriver::caller_left(HangUp how) {
    verbs_.clear();
    close_legs(how);
    if (talking() == nullptr) end("completed", "the caller hung up");
}

void CallDriver::end(const std::string& status, const std::string& reason) {
    if (!conclude(status, reason)) return;
    close_legs(HangUp::kStopThenClose);
    const int seconds = static_cast<int>(std::lround(result_.duration_ms / 1000.0));
    report_status("completed", status,
                  {{"CallDuration", std::to_string(seconds)},
                   {"Duration", std::to_string((seconds + 59) / 60)},
                   {"SipResponseCode", status == "busy"        ? "486"
                                       : status == "completed" ? "200"
                                                               : "603"}});
    changed();
}

}  // namespace trunkline::lab
