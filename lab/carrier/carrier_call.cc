// Threads, and waiting across them.
#include "lab/carrier/carrier_call.h"

#include <algorithm>
#include <condition_variable>
#include <future>
#include <mutex>

namespace trunkline::lab {

LabThread::LabThread(const char* user_agent) : context_(g_main_context_new()), loop_(g_main_loop_new(context_, FALSE)) {
    std::promise<void> ready;
    thread_ = std::thread([this, user_agent, &ready] {
        g_main_context_push_thread_default(context_);
        http_ = std::make_unique<HttpSender>(user_agent);
        ready.set_value();
        g_main_loop_run(loop_);
        http_.reset();
        g_main_context_pop_thread_default(context_);
    });
    ready.get_future().wait();
}

LabThread::~LabThread() {
    post([this] { g_main_loop_quit(loop_); });
    thread_.join();
    g_main_loop_unref(loop_);
    g_main_context_unref(context_);
}

void LabThread::post(std::function<void()> task) {
    auto* owned = new std::function<void()>(std::move(task));
    GSource* source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(
        source,
        [](gpointer data) -> gboolean {
            (*static_cast<std::function<void()>*>(data))();
            return G_SOURCE_REMOVE;
        },
        owned, [](gpointer data) { delete static_cast<std::function<void()>*>(data); });
    g_source_attach(source, context_);
    g_source_unref(source);
}

void LabThread::run(const std::function<void()>& task) {
    if (std::this_thread::get_id() == thread_.get_id()) return task();
    std::promise<void> done;
    post([&] {
        task();
        done.set_value();
    });
    done.get_future().wait();
}

LabThreads::LabThreads(int count, const char* user_agent) {
    for (int i = 0; i < std::max(count, 1); ++i) threads_.push_back(std::make_shared<LabThread>(user_agent));
}

std::shared_ptr<LabThread> LabThreads::next() { return threads_[next_++ % threads_.size()]; }

CarrierCall::CarrierCall(std::shared_ptr<LabThread> thread, std::shared_ptr<CarrierDriver> call)
    : thread_(std::move(thread)), call_(std::move(call)) {}

CarrierCall::~CarrierCall() {
    thread_->run([this] { call_.reset(); });
}

bool CarrierCall::wait_for(Condition condition, std::chrono::milliseconds limit) {
    struct Outcome {
        std::mutex mutex;
        std::condition_variable told;
        bool over = false;
        bool good = false;
    };
    auto outcome = std::make_shared<Outcome>();
    int id = 0;
    thread_->run([&] {
        id = call_->wait(std::move(condition), [outcome](bool good) {
            std::lock_guard lock(outcome->mutex);
            outcome->over = true;
            outcome->good = good;
            outcome->told.notify_all();
        });
    });
    std::unique_lock lock(outcome->mutex);
    if (outcome->told.wait_for(lock, limit, [&] { return outcome->over; })) return outcome->good;
    lock.unlock();
    thread_->run([&] { call_->forget(id); });
    lock.lock();
    return outcome->over && outcome->good;
}

const char* CarrierCall::carrier() const { return call_->carrier(); }

bool CarrierCall::wait_ended(std::chrono::milliseconds limit) {
    return wait_for([](const CallResult& result) { return result.ended; }, limit);
}

CallResult CarrierCall::result() const {
    CallResult copy;
    thread_->run([&] { copy = call_->result(); });
    return copy;
}

void CarrierCall::post(std::function<void(CarrierDriver&)> action) const {
    thread_->post([call = call_, action = std::move(action)] { action(*call); });
}

void CarrierCall::with_call(const std::function<void(CarrierDriver&)>& action) const {
    thread_->run([&] { action(*call_); });
}

Samples CarrierCall::heard() const {
    Samples out;
    thread_->run([&] { out = ulaw_decode(call_->result().stream().heard); });
    return out;
}

int CarrierCall::clears() const {
    int out = 0;
    thread_->run([&] { out = call_->result().stream().clears(); });
    return out;
}

std::vector<Violation> CarrierCall::violations() const {
    std::vector<Violation> out;
    thread_->run([&] { out = call_->result().violations; });
    return out;
}

void CarrierCall::say(std::string name, Samples samples) {
    post([name = std::move(name), samples = std::move(samples)](CarrierDriver& call) {
        call.say({name, samples, ulaw_encode(samples)});
    });
}

void CarrierCall::pause_reading(bool pause) {
    post([pause](CarrierDriver& call) { call.pause_reading(pause); });
}

void CarrierCall::be_quiet() {
    post([](CarrierDriver& call) { call.be_quiet(); });
}

void CarrierCall::press(std::string digits) {
    post([digits = std::move(digits)](CarrierDriver& call) { call.press(digits); });
}

void CarrierCall::hang_up(HangUp how) {
    post([how](CarrierDriver& call) { call.hang_up(how); });
}

}  // namespace trunkline::lab
