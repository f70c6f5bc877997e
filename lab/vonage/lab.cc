// Calls of the simulated Vonage from other threads.
#include "lab/vonage/lab.h"

#include "lab/vonage/call.h"

namespace trunkline::lab::vonage {
namespace {

VonageDriver& driver(CarrierDriver& call) { return static_cast<VonageDriver&>(call); }

}  // namespace

void VonageCall::with_driver(const std::function<void(VonageDriver&)>& action) const {
    with_call([&](CarrierDriver& call) { action(driver(call)); });
}

void VonageCall::set_active(bool active) {
    post([active](CarrierDriver& c) { driver(c).set_active(active); });
}

VonageLab::VonageLab(int threads) : threads_(threads, "Vonage-Lab/1.0"), registry_(std::make_shared<CallRegistry>()) {}

VonageLab::~VonageLab() {
    rest_.reset();  // it uses calls and threads
}

void VonageLab::stop_rest() { rest_.reset(); }

std::unique_ptr<VonageCall> VonageLab::call(CallOptions options, std::function<void(VonageDriver&)> prepare) {
    auto thread = threads_.next();
    const auto enter = [&](VonageDriver& driver) {
        registry_->add(driver.result().call_sid, std::static_pointer_cast<VonageDriver>(driver.shared_from_this()),
                       thread);
        if (prepare) prepare(driver);
    };
    return std::make_unique<VonageCall>(thread, start_call<VonageDriver>(*thread, std::move(options), enter));
}

Result<std::string> VonageLab::serve_rest(RestOptions options) {
    auto prepare = options.prepare;
    auto dial_out = [this, prepare](CallOptions call_options) {
        auto made = call(std::move(call_options), prepare);
        CallSummary summary;
        made->with_driver([&](VonageDriver& d) { summary = summary_of(d); });
        std::lock_guard lock(mutex_);
        outgoing_.push_back(std::move(made));
        return summary;
    };
    rest_ = std::make_unique<RestServer>(std::move(options), registry_, dial_out);
    return rest_->listen();
}

std::shared_ptr<VonageCall> VonageLab::outgoing(size_t n) const {
    std::lock_guard lock(mutex_);
    return n < outgoing_.size() ? outgoing_[n] : nullptr;
}

}  // namespace trunkline::lab::vonage
