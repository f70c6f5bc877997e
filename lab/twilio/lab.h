#pragma once
// `lab twilio` inside a process: starts simulated calls on threads of its own and lets other threads wait for what they
// want to see.
//
//   TwilioLab lab;
//   auto call = lab.call({.webhook_url = "http://127.0.0.1:8080/twilio/voice", .auth_token = "secret", .dial = …});
//   ASSERT_TRUE(call->wait_for([](const CallResult& c) { return c.stream().agent_speaking(); }, 5s));
//   call->say("stop", ulaw);  …  call->hang_up();  CallResult all = call->result();
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lab/carrier/carrier_call.h"
#include "lab/twilio/options.h"
#include "lab/twilio/violation.h"

namespace trunkline::lab {

class CallDriver;

/// One call, seen from any other thread. Destroying it drops the call's sockets without a goodbye.
class TwilioCall : public CarrierCall {
  public:
    using CarrierCall::CarrierCall;
    using CarrierCall::say;
    void say(std::string name, std::vector<uint8_t> ulaw);
    /// Runs `action` on the call's thread and waits for it.
    void with_driver(const std::function<void(CallDriver&)>& action) const;
};

class TwilioLab {
  public:
    explicit TwilioLab(int threads = 1);

    /// Starts a call at once. `prepare` runs on the call's thread before anything is sent.
    std::unique_ptr<TwilioCall> call(TwilioCallOptions options, std::function<void(CallDriver&)> prepare = nullptr);

  private:
    LabThreads threads_;
};

}  // namespace trunkline::lab
