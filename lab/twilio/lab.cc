// Calls of the simulated Twilio from other threads.
#include "lab/twilio/lab.h"

#include "lab/twilio/call_driver.h"

namespace trunkline::lab {
namespace {

CallDriver& driver(CarrierDriver& call) { return static_cast<CallDriver&>(call); }

}  // namespace

void TwilioCall::with_driver(const std::function<void(CallDriver&)>& action) const {
    with_call([&](CarrierDriver& call) { action(driver(call)); });
}

void TwilioCall::say(std::string name, std::vector<uint8_t> ulaw) {
    post([name = std::move(name), ulaw = std::move(ulaw)](CarrierDriver& c) { driver(c).say(name, ulaw); });
}

TwilioLab::TwilioLab(int threads) : threads_(threads, "TwilioProxy/1.1") {}

std::unique_ptr<TwilioCall> TwilioLab::call(TwilioCallOptions options, std::function<void(CallDriver&)> prepare) {
    auto thread = threads_.next();
    return std::make_unique<TwilioCall>(thread, start_call<CallDriver>(*thread, std::move(options), prepare));
}

}  // namespace trunkline::lab
