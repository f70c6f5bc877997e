// Calls of the simulated Vonage from other threads.
#include "lab/vonage/lab.h"

#include <algorithm>

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

VonageLab::VonageLab(int threads) : registry_(std::make_shared<CallRegistry>()) {
    for (int i = 0; i < std::max(threads, 1); ++i) threads_.push_back(std::make_shared<LabThread>("Vonage-Lab/1.0"));
}

VonageLab::~VonageLab() {
    rest_.reset();  // it uses calls and threads
}

void VonageLab::stop_rest() { rest_.reset(); }

std::unique_ptr<VonageCall> VonageLab::call(CallOptions options, std::function<void(VonageDriver&)> prepare) {
    std::shared_ptr<LabThread> thread;
    {
        std::lock_guard lock(mutex_);
        thread = threads_[next_++ % threads_.size()];
    }
    std::shared_ptr<VonageDriver> driver;
    thread->run([&] {
        driver = std::make_shared<VonageDriver>(std::move(options), thread->http());
        registry_->add(driver->result().call_sid, driver, thread);
        if (prepare) prepare(*driver);
        driver->start();
    });
    return std::make_unique<VonageCall>(thread, std::move(driver));
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
