#include "engine/call/call.h"

#include <gst/gst.h>

#include "engine/core/clock.h"
#include "engine/core/json.h"
#include "engine/core/log.h"
#include "engine/gst/event_pad.h"
#include "engine/gst/gst_ptr.h"

namespace trunkline {
namespace {

constexpr auto kEosTimeout = std::chrono::milliseconds(2'000);
constexpr int64_t kPlayOutNs = 30'000'000'000;  // an agent's goodbye is no longer than that
constexpr uint16_t kNormal = 1000, kPolicyViolation = 1008, kInternalError = 1011;

uint16_t close_code(const CallEnding& ending) {
    if (ending.reason == "ticket-mismatch" || ending.reason == "bad-params") return kPolicyViolation;
    return ending.status == "failed" ? kInternalError : kNormal;
}

}  // namespace

FactPtr put_call_ended(Outbox* outbox, FactNumberer& facts, const std::string& call_id, const CallEnding& ending,
                       int64_t duration_ms) {
    FactPtr fact = facts.make("call.ended", "call", 0, gst::fields([&](JsonWriter& w) {
                                  w.field("status", ending.status).field("reason", ending.reason);
                                  w.field("duration_ms", duration_ms).field("who", ending.who);
                              }));
    outbox->put(FactRecord{fact, true, ""});
    CallRow row;
    row.id = call_id;
    row.status = ending.status;
    row.end_reason = ending.reason;
    row.ended_unix_ms = fact->unix_ms;
    row.duration_ms = duration_ms;
    if (ending.status == "failed") row.error = ending.detail;
    outbox->put(row);
    return fact;
}

Call::Call(Shard* shard, WaitingCall waiting, Outbox* outbox, Hooks hooks)
    : shard_(shard), waiting_(std::move(waiting)), outbox_(shard, outbox), hooks_(std::move(hooks)) {
    context_.shard = shard_;
    context_.facts = waiting_.facts.get();
    context_.turns = &turns_;
    context_.outbox = &outbox_;
    context_.call_facts = std::exchange(waiting_.made, {});
    context_.hang_up = [this](std::string_view reason, std::string_view who, bool failed) {
        end({failed ? "failed" : "completed", std::string(reason), std::string(who), std::string(reason)});
    };
    context_.backend_known = [this](std::string_view backend, std::string_view config, std::string_view session) {
        CallRow row;
        row.id = waiting_.call_id;
        row.backend = backend;
        row.backend_config_id = config;
        row.backend_session_id = session;
        outbox_.put(row);
    };
}

Call::~Call() {
    for (TimerId timer : {limit_timer_, silence_timer_, eos_timer_}) shard_->cancel(timer);
}

void Call::start(const MediaSessionFactory& factory, std::unique_ptr<WebSocket> socket) {
    session_ = factory(shard_, std::move(socket), this);
    context_.media = session_.get();
}

void Call::on_media_start(const MediaStart& start) {
    media_ = start;
    if (auto ok = check(start); !ok) {
        end({"failed", ok.error().code, "error", ok.error().message});
        return;
    }
    if (auto ok = build_pipeline(); !ok) {
        end({"failed", ok.error().code, "error", ok.error().message});
        return;
    }
    go_live(start);
}

Status Call::check(const MediaStart& start) {
    if (start.carrier_call_id != waiting_.incoming.carrier_call_id) {
        return fail("ticket-mismatch", "the media stream belongs to another call than its ticket");
    }
    const auto& sent = start.params;
    const auto said = start.params_mixed ? graph::known_params(*waiting_.plan, sent) : sent;
    if (said.empty()) return {};
    auto params = graph::check_params(*waiting_.plan, said);
    if (!params) return fail("bad-params", params.error().message);
    waiting_.params_json = std::move(*params);
    return {};
}

Status Call::build_pipeline() {
    const IncomingCall& in = waiting_.incoming;
    graph::CallValues values{in.carrier, in.from, in.to, waiting_.call_id, in.direction, waiting_.params_json};
    auto built = graph::build(*waiting_.plan, values);
    if (!built) return tl::unexpected(built.error());
    pipeline_ = std::move(*built);
    auto context = gst::Ptr<GstContext>::adopt(call_context_new(&context_));
    gst_element_set_context(pipeline_.pipeline(), context.get());
    auto bus = gst::Ptr<GstBus>::adopt(gst_element_get_bus(pipeline_.pipeline()));
    gst_bus_set_sync_handler(
        bus.get(),
        [](GstBus* b, GstMessage* m, gpointer call) {
            return static_cast<GstBusSyncReply>(on_bus_message(b, m, call));
        },
        this, nullptr);
    const auto result = gst_element_set_state(pipeline_.pipeline(), GST_STATE_PLAYING);
    if (result == GST_STATE_CHANGE_SUCCESS || result == GST_STATE_CHANGE_NO_PREROLL) return {};
    // An ERROR message on the bus has said more, if there was one.
    return fail("pipeline-failed", result == GST_STATE_CHANGE_ASYNC
                                       ? "an element of the graph did not start at once (async=true?)"
                                       : "an element of the graph refused to start; see the log above");
}

void Call::go_live(const MediaStart& start) {
    if (state_ != State::kConnecting) return;  // an element ended the call while the pipeline started
    state_ = State::kLive;
    live_ns_ = monotonic_ns();
    live_unix_ms_ = unix_ms();
    const IncomingCall& in = waiting_.incoming;
    CallRow row;
    row.id = waiting_.call_id;
    row.status = "in_progress";
    row.started_unix_ms = live_unix_ms_;
    row.params_json = waiting_.params_json;
    outbox_.put(row);
    put_fact(context_.facts->make("call.answered", "call", 0, gst::fields([&](JsonWriter& w) {
                                      w.field("carrier", in.carrier).field("carrier_call_id", in.carrier_call_id);
                                      w.field("direction", in.direction).field("from", in.from).field("to", in.to);
                                  })));
    put_session_row(false);
    start_limits();
    session_->begin();
    log_info("call", "live", {{"call_id", id()}, {"graph", waiting_.plan->name}, {"stream", start.stream_id}});
}

void Call::start_limits() {
    const auto& limits = waiting_.plan->limits;
    if (limits.call > 0) {
        limit_timer_ = shard_->after(std::chrono::milliseconds(limits.call / 1'000'000), [this] {
            end({"completed", "time-limit", "limit", "limits.call of the graph"});
        });
    }
    if (limits.silence > 0) watch_silence();
}

void Call::watch_silence() {
    const int64_t quiet = monotonic_ns() - std::max(live_ns_, turns_.last_activity_ns());
    const int64_t left_ms = (static_cast<int64_t>(waiting_.plan->limits.silence) - quiet) / 1'000'000;
    if (left_ms <= 0) {
        silence_timer_ = 0;
        end({"completed", "silence", "limit", "limits.silence of the graph"});
        return;
    }
    silence_timer_ = shard_->after(std::chrono::milliseconds(left_ms), [this] { watch_silence(); });
}

void Call::on_media_end(const MediaEnd& media_end) {
    play_out_until_ns_ = 0;  // nobody listens any more
    end({media_end.failed ? "failed" : "completed", media_end.reason, media_end.who, media_end.detail});
}

/// On whatever thread posts; it only sorts and hands over.
int Call::on_bus_message(GstBus*, GstMessage* message, void* data) {
    auto* call = static_cast<Call*>(data);
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        GError* raw = nullptr;
        gchar* raw_debug = nullptr;
        gst_message_parse_error(message, &raw, &raw_debug);
        const gst::ErrorPtr error(raw);
        const gst::Chars debug(raw_debug), name(gst_object_get_name(GST_MESSAGE_SRC(message)));
        const std::string text = std::string(name.get()) + ": " + error->message;
        log_error("call", "element error", {{"call_id", call->id()}, {"error", text}, {"debug", debug.get()}});
        const CallEnding ending{"failed", "element-error", "error", text};
        call->on_own_shard([call, ending] { call->end(ending); });
    } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) {
        call->on_own_shard([call] {
            if (call->state_ == State::kEnding) call->later(&Call::finish);
        });
    }
    gst_message_unref(message);
    return GST_BUS_DROP;
}

/// From any thread: at once on the shard, else there as soon as possible, if the call still lives.
void Call::on_own_shard(Task step) {
    if (shard_->on_shard()) {
        step();
        return;
    }
    shard_->post([step = std::move(step), alive = std::weak_ptr<bool>(alive_)] {
        if (!alive.expired()) step();
    });
}

/// In the next turn, if the call still lives: a process that ends may not wait for it.
void Call::later(void (Call::*step)()) {
    shard_->defer([this, step, alive = std::weak_ptr<bool>(alive_)] {
        if (!alive.expired()) (this->*step)();
    });
}

void Call::end(CallEnding ending) {
    if (state_ == State::kEnding && ending.who != "agent" && ending.reason != "silence") play_out_until_ns_ = 0;
    if (state_ == State::kEnding || state_ == State::kEnded) return;
    state_ = State::kEnding;
    ending_ = std::move(ending);
    if (ending_.who == "agent" && ending_.status == "completed") play_out_until_ns_ = monotonic_ns() + kPlayOutNs;
    // Never from inside a push: what is up the stack must not find its elements stopped.
    later(&Call::stop_pipeline);
}

void Call::cut_off(CallEnding ending) {
    if (state_ == State::kEnded) return;
    if (state_ != State::kEnding) ending_ = std::move(ending);
    finish();
}

void Call::stop_pipeline() {
    if (!pipeline_.pipeline() || live_ns_ == 0) {
        finish();
        return;
    }
    if (monotonic_ns() < play_out_until_ns_ && session_->unheard()) {
        eos_timer_ = shard_->after(std::chrono::milliseconds(20), [this] { stop_pipeline(); });
        return;
    }
    eos_timer_ = shard_->after(kEosTimeout, [this] {
        eos_timer_ = 0;
        log_warn("call", "no end of stream from every element within 2 s: stopped anyway", {{"call_id", id()}});
        finish();
    });
    gst_element_send_event(pipeline_.pipeline(), gst_event_new_eos());
}

void Call::finish() {
    if (state_ == State::kEnded) return;
    state_ = State::kEnded;
    for (TimerId* timer : {&limit_timer_, &silence_timer_, &eos_timer_}) shard_->cancel(std::exchange(*timer, 0));
    if (GstElement* pipeline = pipeline_.release()) {
        auto bus = gst::Ptr<GstBus>::adopt(gst_element_get_bus(pipeline));
        gst_element_set_state(pipeline, GST_STATE_NULL);
        gst_bus_set_sync_handler(bus.get(), nullptr, nullptr, nullptr);
        gst_object_unref(pipeline);
    }
    if (live_ns_ != 0) put_session_row(true);
    const int64_t duration_ms = live_ns_ == 0 ? 0 : (monotonic_ns() - live_ns_) / 1'000'000;
    const FactPtr ended = put_call_ended(&outbox_, *context_.facts, id(), ending_, duration_ms);
    for (const auto& sink : context_.call_fact_sinks) sink(ended);
    outbox_.flush();
    log(ending_.status == "failed" ? LogLevel::kWarn : LogLevel::kInfo, "call", "ended",
        {{"call_id", id()},
         {"status", ending_.status},
         {"reason", ending_.reason},
         {"who", ending_.who},
         {"duration_ms", duration_ms},
         {"detail", ending_.detail}});
    hooks_.on_ended(this);
    if (!hooks_.hang_up || !ended_by_us()) {
        close_socket();
        return;
    }
    hooks_.hang_up(shard_, waiting_.incoming.carrier_call_id, [this, alive = std::weak_ptr<bool>(alive_)] {
        if (!alive.expired()) close_socket();
    });
}

/// An end that somebody on our side wanted. What has failed is for the carrier to see as such: it may offer the caller
/// something else.
bool Call::ended_by_us() const { return ending_.status == "completed" && ending_.who != "caller"; }

void Call::close_socket() {
    session_->close(close_code(ending_), ending_.reason, [this, alive = std::weak_ptr<bool>(alive_)] {
        if (!alive.expired()) hooks_.on_gone(this);
    });
}

void Call::put_fact(const FactPtr& fact) {
    outbox_.put(FactRecord{fact, true, ""});
    context_.call_facts.push_back(fact);
    for (const auto& sink : context_.call_fact_sinks) sink(fact);
}

void Call::put_session_row(bool at_end) {
    SessionRow row;
    row.call_id = id();
    row.stream_id = media_.stream_id;
    row.encoding = media_.encoding;
    row.rate = media_.rate;
    row.started_unix_ms = live_unix_ms_;
    if (at_end) {
        const MediaStats s = session_->stats();
        row.stopped_unix_ms = unix_ms();
        row.close_reason = ending_.reason;
        row.frames_in = s.frames_in;
        row.frames_out = s.frames_out;
        row.bytes_in = s.bytes_in;
        row.bytes_out = s.bytes_out;
    }
    outbox_.put(row);
}

}  // namespace trunkline
