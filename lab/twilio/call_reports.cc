// What the carrier says over HTTP: signed requests, the fields of a call, status callbacks of calls and streams.
#include <algorithm>
#include <ctime>

#include "engine/core/clock.h"
#include "engine/core/id.h"
#include "lab/carrier/url.h"
#include "lab/twilio/call_driver.h"

namespace trunkline::lab {
namespace {

constexpr int kStatusTimeoutMs = 15000;

std::string rfc2822_now() {
    std::time_t seconds = static_cast<std::time_t>(unix_ms() / 1000);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    char text[64];
    return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S +0000", &utc)};
}

}  // namespace

/// The same URL on the origin the server believes to have.
std::string CallDriver::public_form(const std::string& url) const {
    if (options_.public_url.empty() || !url.starts_with(webhook_origin_)) return url;
    std::string base = options_.public_url;
    while (base.ends_with('/')) base.pop_back();
    return base + url.substr(webhook_origin_.size());
}

/// The reverse: where a request to that URL really goes.
std::string CallDriver::routed_form(const std::string& url) const {
    auto ours = split_url(options_.public_url);
    auto parts = split_url(url);
    if (!ours || !parts || ours->origin() != parts->origin()) return url;
    return webhook_origin_ + parts->target;
}

HttpRequest CallDriver::signed_request(const std::string& url, const std::string& method, FormFields fields) const {
    HttpRequest request;
    request.method = method == "GET" ? "GET" : "POST";
    std::string asked = url;
    if (request.method == "GET") {
        asked += (asked.find('?') == std::string::npos ? '?' : '&') + form_encode(fields);
        fields.clear();
    } else {
        request.form = form_encode(fields);
    }
    request.url = routed_form(asked);
    if (request.url != asked) {
        if (auto parts = split_url(asked)) request.host_header = parts->authority();
    }
    std::string token = options_.auth_token;
    std::string signed_url = asked;
    if (options_.webhook_signature == SignatureMode::kMissing) token.clear();
    if (options_.webhook_signature == SignatureMode::kWrong) token += "-of-somebody-else";
    if (options_.webhook_signature == SignatureMode::kWithPort) signed_url = url_with_port(asked);
    if (options_.webhook_signature == SignatureMode::kHttpsScheme && asked.starts_with("http://"))
        signed_url = "https" + asked.substr(4);
    if (!token.empty()) request.headers.emplace_back("X-Twilio-Signature", twilio_signature(token, signed_url, fields));
    request.headers.emplace_back("I-Twilio-Idempotency-Token", new_id("lab_"));
    return request;
}

FormFields CallDriver::base_fields(const std::string& call_status) const {
    FormFields fields = {{"CallSid", result_.call_sid},
                         {"AccountSid", result_.account_sid},
                         {"From", options_.from},
                         {"To", options_.to},
                         {"Caller", options_.from},
                         {"Called", options_.to},
                         {"CallStatus", call_status},
                         {"ApiVersion", "2010-04-01"},
                         {"Direction", "inbound"},
                         {"FromCity", "SPRINGFIELD"},
                         {"FromState", "IL"},
                         {"FromZip", ""},
                         {"FromCountry", "US"},
                         {"CallerCity", "SPRINGFIELD"},
                         {"CallerState", "IL"},
                         {"CallerZip", ""},
                         {"CallerCountry", "US"},
                         {"ToCity", ""},
                         {"ToState", ""},
                         {"ToZip", ""},
                         {"ToCountry", "US"},
                         {"CalledCity", ""},
                         {"CalledState", ""},
                         {"CalledZip", ""},
                         {"CalledCountry", "US"},
                         {"CallToken", R"({"parentCallInfoToken":"a+b/c=="})"}};
    fields.insert(fields.end(), options_.extra_fields.begin(), options_.extra_fields.end());
    return fields;
}

void CallDriver::report_status(const std::string& event, const std::string& call_status, FormFields more) {
    if (options_.status_callback.empty() || vanished()) return;
    const auto& wanted = options_.status_events;
    if (std::find(wanted.begin(), wanted.end(), event) == wanted.end()) return;
    const int sequence = status_sequence_++;
    FormFields fields = base_fields(call_status);
    fields.insert(fields.end(), more.begin(), more.end());
    fields.emplace_back("CallbackSource", "call-progress-events");
    fields.emplace_back("SequenceNumber", std::to_string(sequence));
    fields.emplace_back("Timestamp", rfc2822_now());
    result_.status_callbacks.push_back({sequence, call_status, 0});
    Report report{signed_request(public_form(options_.status_callback), "POST", std::move(fields)),
                  static_cast<int>(result_.status_callbacks.size()) - 1, call_status};
    // Reordering holds one back until its successor has been queued.
    if (options_.reorder_status && held_reports_.empty() && !result_.ended) return held_reports_.push_back(report);
    queue_report(std::move(report));
    auto held = std::move(held_reports_);
    held_reports_.clear();
    for (auto& one : held) queue_report(std::move(one));
}

void CallDriver::report_stream(const MediaStream& stream, const char* event, const std::string& error) {
    const auto& plan = stream.plan();
    if (plan.status_callback.empty() || vanished()) return;
    auto url = resolve_url(base_url_, plan.status_callback);
    if (!url) return void(violation(kStreamBadUrl, true, "statusCallback of <Stream>: " + url.error().message));
    FormFields fields = {{"AccountSid", result_.account_sid},
                         {"CallSid", result_.call_sid},
                         {"StreamSid", plan.identity.stream_sid},
                         {"StreamName", plan.name.empty() ? plan.identity.stream_sid : plan.name},
                         {"StreamEvent", event},
                         {"Timestamp", rfc3339(unix_ms())}};
    if (!error.empty()) fields.emplace_back("StreamError", error);
    queue_report({signed_request(*url, plan.status_method, std::move(fields)), -1, event});
}

void CallDriver::queue_report(Report report) {
    report.request.timeout_ms = kStatusTimeoutMs;
    if (options_.duplicate_status && report.status_index >= 0) reports_.push_back(report);
    reports_.push_back(std::move(report));
    send_next_report();
}

void CallDriver::send_next_report() {
    if (report_in_flight_ || reports_.empty()) return;
    Report report = std::move(reports_.front());
    reports_.pop_front();
    report_in_flight_ = true;
    http_.send(report.request,
               [weak = weak_self(), what = report.what, index = report.status_index](const HttpAnswer& answer) {
                   auto self = weak.lock();
                   if (self == nullptr) return;
                   if (index >= 0)
                       self->result_.status_callbacks[static_cast<size_t>(index)].http_status = answer.status;
                   self->note("status", what + " -> HTTP " + std::to_string(answer.status) + " " + answer.error);
                   self->report_in_flight_ = false;
                   self->send_next_report();
                   self->changed();
               });
}

}  // namespace trunkline::lab
