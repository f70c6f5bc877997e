// Notes, waiters, steps and legs of a call.
#include "lab/carrier/carrier_driver.h"

#include <algorithm>

#include "engine/core/clock.h"
#include "lab/carrier/media_leg.h"

namespace trunkline::lab {
namespace {

constexpr size_t kMaxTimeline = 20000;
constexpr int kMaxDocuments = 50;

}  // namespace

CarrierDriver::CarrierDriver()
    : begun_ns_(monotonic_ns()),
      step_timer_([this] {
          auto step = std::move(step_);
          step_ = nullptr;
          if (step) step();
      }),
      limit_timer_([this] {
          note("call", "the lab's limit of the call's length");
          hang_up(HangUp::kStopThenClose);
      }) {}

CarrierDriver::~CarrierDriver() {
    observer_ = nullptr;
    auto left = std::move(waiters_);
    for (auto& waiter : left) waiter.done(false);
}

void CarrierDriver::begin(int max_call_ms) {
    begun_ns_ = monotonic_ns();
    if (max_call_ms > 0) limit_timer_.after_ms(max_call_ms);
}

double CarrierDriver::call_ms() const { return static_cast<double>(monotonic_ns() - begun_ns_) / 1e6; }

size_t CarrierDriver::violation(int code, bool warning, std::string message) {
    note(warning ? "warning" : "error", std::to_string(code) + " " + message);
    result_.violations.push_back({code, warning, std::move(message), call_ms(), 0});
    return result_.violations.size() - 1;
}

void CarrierDriver::note(std::string_view kind, std::string detail) {
    TimelineEvent event{call_ms(), std::string(kind), std::move(detail)};
    if (note_listener_) note_listener_(event);
    if (result_.timeline.size() < kMaxTimeline) result_.timeline.push_back(std::move(event));
}

int CarrierDriver::wait(std::function<bool(const CallResult&)> condition, std::function<void(bool)> done) {
    waiters_.push_back({next_waiter_, std::move(condition), std::move(done)});
    const int id = next_waiter_++;
    changed();
    return id;
}

void CarrierDriver::forget(int waiter) {
    std::erase_if(waiters_, [waiter](const Waiter& one) { return one.id == waiter; });
}

void CarrierDriver::changed() {
    notify_again_ = true;
    if (notifying_) return;
    auto self = shared_from_this();
    notifying_ = true;
    while (notify_again_) {
        notify_again_ = false;
        for (size_t i = 0; i < waiters_.size();) {
            if (!waiters_[i].condition(result_)) {
                ++i;
                continue;
            }
            auto done = std::move(waiters_[i].done);
            waiters_.erase(waiters_.begin() + static_cast<long>(i));
            done(true);
        }
        if (observer_) observer_();
    }
    notifying_ = false;
}

bool CarrierDriver::another_document(int code) {
    if (++documents_ <= kMaxDocuments) return true;
    violation(code, false, "more than 50 documents in one call");
    return false;
}

void CarrierDriver::later(std::function<void()> step) { after_ms(0, std::move(step)); }

void CarrierDriver::after_ms(int64_t ms, std::function<void()> step) {
    step_ = std::move(step);
    step_timer_.after_ms(ms);
}

void CarrierDriver::hang_up(HangUp how) {
    if (result_.ended || hanging_up_) return;
    hanging_up_ = true;
    note("hang-up", how == HangUp::kStopThenClose ? "" : "with a fault");
    vanished_ = how == HangUp::kHalfOpen;
    drop_step();
    caller_left(how);
    changed();
}

bool CarrierDriver::conclude(const std::string& status, const std::string& reason) {
    if (result_.ended) return false;
    result_.ended = true;
    result_.status = status;
    result_.end_reason = reason;
    result_.duration_ms = answered() ? call_ms() - answered_ms_ : 0;
    drop_step();
    limit_timer_.cancel();
    note("call", status + ": " + reason);
    return true;
}

bool CarrierDriver::say(const Utterance& utterance) {
    MediaLeg* leg = talking();
    return leg != nullptr && leg->caller().say(utterance);
}

void CarrierDriver::be_quiet() {
    if (MediaLeg* leg = talking()) leg->caller().be_quiet();
}

void CarrierDriver::press(std::string_view digits) {
    if (MediaLeg* leg = talking()) leg->press(digits);
}

void CarrierDriver::pause_reading(bool pause) {
    if (MediaLeg* leg = talking()) leg->pause_reading(pause);
}

void CarrierDriver::open_leg(std::unique_ptr<MediaLeg> leg, std::string stream_sid, std::string url, bool talks) {
    StreamResult fresh;
    fresh.stream_sid = std::move(stream_sid);
    fresh.dialed_url = std::move(url);
    fresh.bidirectional = talks;
    result_.streams.push_back(std::move(fresh));
    legs_.push_back(std::move(leg));
    if (talks) connected_ = legs_.back().get();
    legs_.back()->open();
}

void CarrierDriver::close_legs(HangUp how) {
    for (size_t i = 0; i < legs_.size(); ++i) legs_[i]->hang_up(how);
}

MediaLeg* CarrierDriver::talking() const { return connected_ != nullptr && !connected_->over() ? connected_ : nullptr; }

StreamResult& CarrierDriver::leg_result(const MediaLeg& leg) {
    const auto found = std::find_if(legs_.begin(), legs_.end(), [&leg](const auto& one) { return one.get() == &leg; });
    return result_.streams[static_cast<size_t>(found - legs_.begin())];
}

void CarrierDriver::leg_ended(MediaLeg& leg, LegEnd end) {
    const bool talked = &leg == connected_;
    if (talked) connected_ = nullptr;
    leg_over(leg, end, talked);
    changed();
}

}  // namespace trunkline::lab
