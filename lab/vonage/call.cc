// The life of a call: NCCOs and their actions.
#include "lab/vonage/call.h"

#include <glib.h>

#include <algorithm>
#include <cmath>

#include "engine/core/clock.h"
#include "lab/vonage/codes.h"

namespace trunkline::lab::vonage {
namespace {

std::string describe(const NccoAction& action) {
    std::string out = action.name;
    if (!action.text.empty()) out += " " + action.text;
    return out;
}

/// Why an answer is no document, for the fallback's `reason`; empty when it may be one.
std::string fault_of(const HttpAnswer& answer) {
    if (answer.connect_timed_out) return "connection timeout";
    if (answer.timed_out) return "response timeout";
    if (answer.status == 0) return "connection failed: " + answer.error;
    if (answer.status < 200 || answer.status > 205) return "HTTP status " + std::to_string(answer.status);
    return "";
}

}  // namespace

std::string random_uuid() {
    char* made = g_uuid_string_random();
    std::string out = made;
    g_free(made);
    return out;
}

VonageDriver::VonageDriver(CallOptions options, HttpSender& http)
    : options_(std::move(options)), http_(http), conversation_("CON-" + random_uuid()), leg_timer_([this] {
          note("stream", "the limit of connect");
          if (MediaLeg* leg = talking()) leg->hang_up(HangUp::kStopThenClose);
      }) {
    result_.call_sid = options_.uuid.empty() ? random_uuid() : options_.uuid;
    result_.account_sid = options_.api_key;
    signer_ = {options_.signature_secret, options_.api_key,
               options_.application_id.empty() ? random_uuid() : options_.application_id};
}

VonageDriver::~VonageDriver() = default;

void VonageDriver::start() {
    begin(options_.max_call_ms);
    created_at_ = rfc3339(unix_ms());
    result_.status = "started";
    report("started");
    if (options_.outbound) {
        later([this] { ring_out(); });
        return;
    }
    result_.status = "ringing";
    report("ringing");
    note("call", "ringing " + options_.to);
    ask_for_answer(options_.answer_url, options_.answer_method, {}, false);
}

/// The called telephone does what it was told to do.
void VonageDriver::ring_out() {
    if (options_.callee == Callee::kFailed) {
        return end("failed", "the number is out of service", {{"detail", json_text("number_out_of_service")}});
    }
    result_.status = "ringing";
    report("ringing");
    note("call", "ringing " + options_.to);
    after_ms(options_.ring_ms, [this] {
        switch (options_.callee) {
            case Callee::kBusy:
                return end("busy", "the called party is busy");
            case Callee::kTimeout:
                return end("timeout", "nobody answered in time");
            case Callee::kUnanswered:
                return end("unanswered", "nobody answered", {{"detail", json_text("unavailable")}});
            case Callee::kRejected:
                return end("rejected", "the called party declined", {{"detail", json_text("declined")}});
            case Callee::kCancelled:
                return end("cancelled", "cancelled before the answer");
            case Callee::kFailed:
            case Callee::kAnswers:
            case Callee::kHuman:
            case Callee::kMachine:
                break;
        }
        pick_up();
        if (options_.callee == Callee::kHuman) report("human");
        if (options_.callee == Callee::kMachine) report("machine");
        if (options_.inline_ncco.empty()) return ask_for_answer(options_.answer_url, options_.answer_method, {}, false);
        if (auto taken = transfer(options_.inline_ncco); !taken) end("failed", taken.error().message);
    });
    changed();
}

void VonageDriver::ask_for_answer(const std::string& url, const std::string& method, EventFields extra,
                                  bool is_fallback) {
    if (!another_document(kAnswerFailed)) return end("failed", "the documents never end");
    note("webhook", method + " " + url);
    Ask wanted;
    wanted.url = url;
    wanted.method = method;
    wanted.fields = {{"to", json_text(options_.to)},
                     {"from", json_text(options_.from)},
                     {"uuid", json_text(result_.call_sid)},
                     {"conversation_uuid", json_text(conversation_)}};
    for (const auto& [name, value] : options_.sip_headers) wanted.fields.emplace_back(name, json_text(value));
    wanted.fields.insert(wanted.fields.end(), extra.begin(), extra.end());
    wanted.attempts = is_fallback ? 2 : options_.answer_attempts;
    wanted.timeout_ms = options_.answer_timeout_ms;
    wanted.done = [weak = weak_self(), url, method, is_fallback](const HttpAnswer& answer) {
        if (auto self = weak.lock()) self->answer_came(url, method, is_fallback, answer);
    };
    ask(std::move(wanted));
}

void VonageDriver::answer_came(const std::string& url, const std::string& method, bool is_fallback,
                               const HttpAnswer& answer) {
    if (result_.ended || hanging_up()) return;
    if (result_.webhook_ms < 0) result_.webhook_ms = answer.ms;
    std::string reason = fault_of(answer);
    Result<Actions> ncco;
    if (!reason.empty()) {
        violation(answer.timed_out ? kAnswerTimeout : kAnswerFailed, false, url + ": " + reason);
    } else if (ncco = parse_ncco(answer.body, {options_.max_header_bytes, options_.max_uri}); !ncco) {
        reason = ncco.error().message;
        violation(kBadNcco, false, reason);
    }
    if (reason.empty()) {
        note("ncco", answer.body);
        pick_up();
        take_ncco(std::move(*ncco));
    } else if (!is_fallback && !options_.fallback_answer_url.empty()) {
        JsonWriter original;
        original.begin_object().field("url", url).field("type", method).end();
        ask_for_answer(options_.fallback_answer_url, options_.answer_method,
                       {{"reason", json_text(reason)}, {"original_request", original.take()}}, true);
    } else {
        queue_event({"error",
                     options_.event_url,
                     options_.event_method,
                     {{"reason", json_text(reason)},
                      {"conversation_uuid", json_text(conversation_)},
                      {"timestamp", json_text(rfc3339(unix_ms()))}},
                     false,
                     nullptr,
                     -1});
        end("failed", "there is no NCCO for the call");
    }
    changed();
}

void VonageDriver::take_ncco(Actions actions) {
    actions_.assign(std::make_move_iterator(actions.begin()), std::make_move_iterator(actions.end()));
    changing_ncco_ = false;
    next_action();
}

void VonageDriver::next_action() {
    while (!result_.ended && !hanging_up()) {
        if (actions_.empty()) {
            if (talking() != nullptr) return;  // actions behind a connect have run while its leg lives on
            return end("completed", "the NCCO ran out");
        }
        const NccoAction action = std::move(actions_.front());
        actions_.pop_front();
        result_.verbs.push_back(describe(action));
        note("verb", describe(action));
        if (!execute(action)) return;
    }
}

/// False: the next action has to wait.
bool VonageDriver::execute(const NccoAction& action) {
    if (action.to_socket) return connect(action);
    if (action.name == "wait") {
        after_ms(options_.wait_actions ? static_cast<int64_t>(action.seconds * 1000) : 0,
                 [this] { next_action(), changed(); });
        return false;
    }
    const auto go_on = [this](std::optional<Actions> actions) { continue_with(std::move(actions)); };
    if (action.name == "notify") {
        report_to(action, "", {{"payload", action.body["payload"].dump()}}, go_on);
        return false;
    }
    if (action.name == "input") {
        JsonWriter dtmf;
        dtmf.begin_object().field("digits", options_.input_digits).field("timed_out", options_.input_digits.empty());
        dtmf.end();
        report_to(action, "input", {{"dtmf", dtmf.take()}}, go_on);
        return false;
    }
    return true;  // talk, stream, record, conversation and other endpoints are recorded as steps
}

void VonageDriver::pick_up() {
    if (answered()) return;
    set_answered();
    answered_at_ = rfc3339(unix_ms());
    result_.status = "answered";
    note("call", "answered");
    report("answered", {{"start_time", json_text("")}, {"rate", json_text("")}, {"network", json_text("")}});
}

void VonageDriver::caller_left(HangUp how) {
    actions_.clear();
    late_close_ = how;
    closes_late_ = options_.events.completed_first && !options_.event_url.empty() && !vanished();
    if (closes_late_) return end("completed", hang_up_reason_);
    close_legs(how);
    if (talking() == nullptr) end("completed", hang_up_reason_);
}

void VonageDriver::hang_up_by_rest() {
    hang_up_reason_ = "the server hung up";
    hang_up(HangUp::kStopThenClose);
}

Status VonageDriver::transfer(std::string_view ncco) {
    auto actions = parse_ncco(ncco, {options_.max_header_bytes, options_.max_uri});
    if (!actions) return tl::unexpected<Error>(actions.error());
    note("ncco", std::string(ncco));
    actions_.assign(actions->begin(), actions->end());
    changing_ncco_ = talking() != nullptr;
    if (changing_ncco_) {
        close_legs(HangUp::kStopThenClose);
    } else {
        later([this] { next_action(), changed(); });
    }
    return {};
}

void VonageDriver::transfer_to_url(const std::string& url) {
    changing_ncco_ = talking() != nullptr;
    actions_.clear();
    close_legs(HangUp::kStopThenClose);
    drop_step();
    ask_for_answer(url, "GET", {}, false);
}

void VonageDriver::end(const std::string& status, const std::string& reason, EventFields more) {
    if (!conclude(status, reason)) return;
    ended_at_ = rfc3339(unix_ms());
    leg_timer_.cancel();
    if (!closes_late_) close_legs(HangUp::kStopThenClose);
    // A call that never had an NCCO is over like any other; what went wrong was told by an `error` before.
    const bool no_answer = status == "failed" && !options_.outbound;
    const std::string told = no_answer || answered() ? "completed" : status;
    if (told == "completed") {
        const auto seconds = static_cast<int>(std::lround(result_.duration_ms / 1000.0));
        more = {{"start_time", json_text(answered_at_)},
                {"end_time", json_text(ended_at_)},
                {"duration", json_text(std::to_string(seconds))},
                {"rate", json_text("0.00450000")},
                {"price", json_text("0.00015000")},
                {"network", json_text("GB-FIXED")}};
    }
    report(told, std::move(more));
    changed();
}

}  // namespace trunkline::lab::vonage
