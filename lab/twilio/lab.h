#pragma once
// `lab twilio` inside a process: starts simulated calls on threads of its own and lets other threads wait for what they
// want to see.
//
//   TwilioLab lab;
//   auto call = lab.call({.webhook_url = "http://127.0.0.1:8080/twilio/voice", .auth_token = "secret", .dial = …});
//   ASSERT_TRUE(call->wait_for([](const CallResult& c) { return c.stream().agent_speaking(); }, 5s));
//   call->say("stop", ulaw);  …  call->hang_up();  CallResult all = call->result();
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lab/speech/pcm.h"
#include "lab/twilio/call_result.h"
#include "lab/twilio/options.h"

namespace trunkline::lab {

class CallDriver;
class LabThread;

/// One call, seen from any other thread. Destroying it drops the call's sockets without a goodbye.
class TwilioCall {
  public:
    using Condition = std::function<bool(const CallResult&)>;
    ~TwilioCall();
    TwilioCall(const TwilioCall&) = delete;
    TwilioCall& operator=(const TwilioCall&) = delete;

    /// True as soon as the condition holds (it runs on the call's thread: look, do not block); false at the deadline.
    bool wait_for(Condition condition, std::chrono::milliseconds limit);
    /// A copy of everything known now, audio included.
    CallResult result() const;

    void say(std::string name, std::vector<uint8_t> ulaw);
    void say(std::string name, const Samples& samples);
    void be_quiet();                 ///< stops in the middle of a word
    void press(std::string digits);  ///< 0–9 * # A–D
    void hang_up(HangUp how = HangUp::kStopThenClose);
    void pause_reading(bool pause);  ///< nothing is read from the media socket meanwhile
    /// Runs `action` on the call's thread and waits for it.
    void with_driver(const std::function<void(CallDriver&)>& action) const;

  private:
    friend class TwilioLab;
    TwilioCall(std::shared_ptr<LabThread> thread, std::shared_ptr<CallDriver> driver);
    void post(std::function<void(CallDriver&)> action) const;
    std::shared_ptr<LabThread> thread_;
    std::shared_ptr<CallDriver> driver_;  // touched on thread_ only
};

class TwilioLab {
  public:
    explicit TwilioLab(int threads = 1);
    ~TwilioLab();
    TwilioLab(const TwilioLab&) = delete;
    TwilioLab& operator=(const TwilioLab&) = delete;

    /// Starts a call at once. `prepare` runs on the call's thread before anything is sent.
    std::unique_ptr<TwilioCall> call(TwilioCallOptions options, std::function<void(CallDriver&)> prepare = nullptr);

  private:
    std::vector<std::shared_ptr<LabThread>> threads_;
    size_t next_ = 0;
};

}  // namespace trunkline::lab
