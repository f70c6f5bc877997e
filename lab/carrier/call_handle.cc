// Threads, and waiting across them.
#include "lab/carrier/call_handle.h"

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

CallHandle::CallHandle(std::shared_ptr<LabThread> thread, std::shared_ptr<CarrierCall> call)
    : thread_(std::move(thread)), call_(std::move(call)) {}

CallHandle::~CallHandle() {
    thread_->run([this] { call_.reset(); });
}

bool CallHandle::wait_for(Condition condition, std::chrono::milliseconds limit) {
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

CallResult CallHandle::result() const {
    CallResult copy;
    thread_->run([&] { copy = call_->result(); });
    return copy;
}

void CallHandle::post(std::function<void(CarrierCall&)> action) const {
    thread_->post([call = call_, action = std::move(action)] { action(*call); });
}

void CallHandle::with_call(const std::function<void(CarrierCall&)>& action) const {
    thread_->run([&] { action(*call_); });
}

void CallHandle::be_quiet() {
    post([](CarrierCall& call) { call.be_quiet(); });
}

void CallHandle::press(std::string digits) {
    post([digits = std::move(digits)](CarrierCall& call) { call.press(digits); });
}

void CallHandle::hang_up(HangUp how) {
    post([how](CarrierCall& call) { call.hang_up(how); });
}

}  // namespace trunkline::lab
