// Notes, waiters and the time of a call.
#include "lab/carrier/carrier_driver.h"

#include "engine/core/clock.h"

namespace trunkline::lab {
namespace {

constexpr size_t kMaxTimeline = 20000;

}  // namespace

CarrierDriver::CarrierDriver() : begun_ns_(monotonic_ns()) {}

CarrierDriver::~CarrierDriver() {
    observer_ = nullptr;
    auto left = std::move(waiters_);
    for (auto& waiter : left) waiter.done(false);
}

void CarrierDriver::begin() { begun_ns_ = monotonic_ns(); }

double CarrierDriver::call_ms() const { return static_cast<double>(monotonic_ns() - begun_ns_) / 1e6; }

size_t CarrierDriver::add_violation(Violation violation) {
    violation.at_ms = call_ms();
    add_note(violation.warning ? "warning" : "error", std::to_string(violation.code) + " " + violation.message);
    result_.violations.push_back(std::move(violation));
    return result_.violations.size() - 1;
}

void CarrierDriver::add_note(std::string_view kind, std::string detail) {
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

}  // namespace trunkline::lab
