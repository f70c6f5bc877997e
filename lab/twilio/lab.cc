// Threads, and the bridge between them and whoever watches the calls.
#include "lab/twilio/lab.h"

#include <glib.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "lab/twilio/call_driver.h"

namespace trunkline::lab {

/// A main context with its thread; calls and their HTTP session live on it.
class LabThread {
  public:
    LabThread() : context_(g_main_context_new()), loop_(g_main_loop_new(context_, FALSE)) {
        std::promise<void> ready;
        thread_ = std::thread([this, &ready] {
            g_main_context_push_thread_default(context_);
            http_ = std::make_unique<HttpSender>();
            ready.set_value();
            g_main_loop_run(loop_);
            http_.reset();
            g_main_context_pop_thread_default(context_);
        });
        ready.get_future().wait();
    }

    ~LabThread() {
        post([this] { g_main_loop_quit(loop_); });
        thread_.join();
        g_main_loop_unref(loop_);
        g_main_context_unref(context_);
    }

    void post(std::function<void()> task) {
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

    void run(const std::function<void()>& task) {
        if (std::this_thread::get_id() == thread_.get_id()) return task();
        std::promise<void> done;
        post([&] {
            task();
            done.set_value();
        });
        done.get_future().wait();
    }

    HttpSender& http() { return *http_; }

  private:
    GMainContext* context_;
    GMainLoop* loop_;
    std::unique_ptr<HttpSender> http_;
    std::thread thread_;
};

TwilioCall::TwilioCall(std::shared_ptr<LabThread> thread, std::shared_ptr<CallDriver> driver)
    : thread_(std::move(thread)), driver_(std::move(driver)) {}

TwilioCall::~TwilioCall() {
    thread_->run([this] { driver_.reset(); });
}

bool TwilioCall::wait_for(Condition condition, std::chrono::milliseconds limit) {
    struct Outcome {
        std::mutex mutex;
        std::condition_variable told;
        bool over = false;
        bool good = false;
    };
    auto outcome = std::make_shared<Outcome>();
    int id = 0;
    thread_->run([&] {
        id = driver_->wait(std::move(condition), [outcome](bool good) {
            std::lock_guard lock(outcome->mutex);
            outcome->over = true;
            outcome->good = good;
            outcome->told.notify_all();
        });
    });
    std::unique_lock lock(outcome->mutex);
    if (outcome->told.wait_for(lock, limit, [&] { return outcome->over; })) return outcome->good;
    lock.unlock();
    thread_->run([&] { driver_->forget(id); });
    lock.lock();
    return outcome->over && outcome->good;
}

CallResult TwilioCall::result() const {
    CallResult copy;
    thread_->run([&] { copy = driver_->result(); });
    return copy;
}

void TwilioCall::post(std::function<void(CallDriver&)> action) const {
    thread_->post([driver = driver_, action = std::move(action)] { action(*driver); });
}

void TwilioCall::with_driver(const std::function<void(CallDriver&)>& action) const {
    thread_->run([&] { action(*driver_); });
}

void TwilioCall::say(std::string name, std::vector<uint8_t> ulaw) {
    post([name = std::move(name), ulaw = std::move(ulaw)](CallDriver& d) mutable { d.say(name, std::move(ulaw)); });
}

void TwilioCall::say(std::string name, const Samples& samples) { say(std::move(name), ulaw_encode(samples)); }

void TwilioCall::be_quiet() {
    post([](CallDriver& d) { d.be_quiet(); });
}

void TwilioCall::press(std::string digits) {
    post([digits = std::move(digits)](CallDriver& d) { d.press(digits); });
}

void TwilioCall::hang_up(HangUp how) {
    post([how](CallDriver& d) { d.hang_up(how); });
}

void TwilioCall::pause_reading(bool pause) {
    post([pause](CallDriver& d) { d.pause_reading(pause); });
}

TwilioLab::TwilioLab(int threads) {
    for (int i = 0; i < std::max(threads, 1); ++i) threads_.push_back(std::make_shared<LabThread>());
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
    return std::unique_ptr<TwilioCall>(new TwilioCall(thread, std::move(driver)));
}

}  // namespace trunkline::lab
