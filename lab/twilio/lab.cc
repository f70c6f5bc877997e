// Calls of the simulated Twilio from other threads.
#include "lab/twilio/lab.h"

#include <algorithm>

#include "lab/twilio/call_driver.h"

namespace trunkline::lab {
namespace {

CallDriver& driver(CarrierDriver& call) { return static_cast<CallDriver&>(call); }

}  // namespace

void TwilioCall::with_driver(const std::function<void(CallDriver&)>& action) const {
    with_call([&](CarrierDriver& call) { action(driver(call)); });
}

void TwilioCall::say(std::string name, std::vector<uint8_t> ulaw) {
    post([name = std::move(name), ulaw = std::move(ulaw)](CarrierDriver& c) mutable {
        driver(c).say(name, std::move(ulaw));
    });
}

TwilioLab::TwilioLab(int threads) {
    for (int i = 0; i < std::max(threads, 1); ++i) threads_.push_back(std::make_shared<LabThread>("TwilioProxy/1.1"));
}

TwilioLab::~TwilioLab() = default;

std::unique_ptr<TwilioCall> TwilioLab::call(TwilioCallOptions options, std::function<void(CallDriver&)> prepare) {
    auto thread = threads_[next_++ % threads_.size()];
    std::shared_ptr<CallDriver> driver;
    thread->run([&] {
        driver = std::make_shared<CallDriver>(std::move(options), thread->http());
        if (prepare) prepare(*driver);
        driver->start();
    });
    return std::make_unique<TwilioCall>(thread, std::move(driver));
}

}  // namespace trunkline::lab
