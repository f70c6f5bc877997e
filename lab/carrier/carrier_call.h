#pragma once
// Threads of simulated calls, and a call as other threads hold it.
#include <glib.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "lab/carrier/carrier_driver.h"
#include "lab/carrier/http.h"

namespace trunkline::lab {

/// A main context with its thread; calls and their HTTP session live on it.
class LabThread {
  public:
    explicit LabThread(const char* user_agent);
    ~LabThread();
    LabThread(const LabThread&) = delete;
    LabThread& operator=(const LabThread&) = delete;
    void post(std::function<void()> task);
    /// Runs `task` there and waits for it.
    void run(const std::function<void()>& task);
    HttpSender& http() { return *http_; }
    GMainContext* context() const { return context_; }

  private:
    GMainContext* context_;
    GMainLoop* loop_;
    std::unique_ptr<HttpSender> http_;
    std::thread thread_;
};

/// The threads of a lab, used in turn.
class LabThreads {
  public:
    LabThreads(int count, const char* user_agent);
    std::shared_ptr<LabThread> next();  ///< thread-safe

  private:
    std::vector<std::shared_ptr<LabThread>> threads_;
    std::atomic<size_t> next_ = 0;
};

/// Makes a call on its thread and starts it; `prepare` runs before anything is sent.
template <class Driver, class Options>
std::shared_ptr<Driver> start_call(LabThread& thread, Options options, const std::function<void(Driver&)>& prepare) {
    std::shared_ptr<Driver> driver;
    thread.run([&] {
        driver = std::make_shared<Driver>(std::move(options), thread.http());
        if (prepare) prepare(*driver);
        driver->start();
    });
    return driver;
}

/// One call, seen from any other thread; the same for every carrier. Destroying it drops the call's sockets without a
/// goodbye.
///
///   std::unique_ptr<CarrierCall> call = vonage ? rig.vonage_call() : rig.twilio_call();
///   ASSERT_TRUE(call->wait_for([](const CallResult& c) { return c.stream().agent_speaking(); }, 30s));
///   call->say("stop", samples);  call->press("1#");  …  call->hang_up();
///   EXPECT_TRUE(call->violations().empty());
class CarrierCall {
  public:
    using Condition = std::function<bool(const CallResult&)>;
    CarrierCall(std::shared_ptr<LabThread> thread, std::shared_ptr<CarrierDriver> call);
    virtual ~CarrierCall();
    CarrierCall(const CarrierCall&) = delete;
    CarrierCall& operator=(const CarrierCall&) = delete;

    const char* carrier() const;  ///< "twilio" or "vonage"

    /// True as soon as the condition holds (it runs on the call's thread: look, do not block); false at the deadline.
    bool wait_for(Condition condition, std::chrono::milliseconds limit);
    bool wait_ended(std::chrono::milliseconds limit);
    /// A copy of everything known now, audio included.
    CallResult result() const;

    // Parts of it, of the last bidirectional stream.
    Samples heard() const;  ///< 8 kHz, all the caller heard, silence included
    int clears() const;
    std::vector<Violation> violations() const;

    /// 8 kHz audio, after whatever is still being said; nothing happens while there is no stream to speak on.
    void say(std::string name, Samples samples);
    void be_quiet();                 ///< stops in the middle of a word
    void press(std::string digits);  ///< 0–9 * # A–D
    void pause_reading(bool pause);  ///< nothing is read from the media socket meanwhile
    void hang_up(HangUp how = HangUp::kStopThenClose);
    /// Runs `action` on the call's thread and waits for it.
    void with_call(const std::function<void(CarrierDriver&)>& action) const;

  protected:
    void post(std::function<void(CarrierDriver&)> action) const;

  private:
    std::shared_ptr<LabThread> thread_;
    std::shared_ptr<CarrierDriver> call_;  // touched on thread_ only
};

}  // namespace trunkline::lab
