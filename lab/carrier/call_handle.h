#pragma once
// Threads of simulated calls, and the bridge between them and whoever watches a call from another thread.
#include <glib.h>

#include <chrono>
#include <functional>
#include <memory>
#include <thread>

#include "lab/carrier/carrier_call.h"
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

/// One call, seen from any other thread. Destroying it drops the call's sockets without a goodbye.
class CallHandle {
  public:
    using Condition = std::function<bool(const CallResult&)>;
    CallHandle(std::shared_ptr<LabThread> thread, std::shared_ptr<CarrierCall> call);
    virtual ~CallHandle();
    CallHandle(const CallHandle&) = delete;
    CallHandle& operator=(const CallHandle&) = delete;

    /// True as soon as the condition holds (it runs on the call's thread: look, do not block); false at the deadline.
    bool wait_for(Condition condition, std::chrono::milliseconds limit);
    /// A copy of everything known now, audio included.
    CallResult result() const;

    void be_quiet();                 ///< stops in the middle of a word
    void press(std::string digits);  ///< 0–9 * # A–D
    void hang_up(HangUp how = HangUp::kStopThenClose);
    /// Runs `action` on the call's thread and waits for it.
    void with_call(const std::function<void(CarrierCall&)>& action) const;

  protected:
    void post(std::function<void(CarrierCall&)> action) const;

  private:
    std::shared_ptr<LabThread> thread_;
    std::shared_ptr<CarrierCall> call_;  // touched on thread_ only
};

}  // namespace trunkline::lab
