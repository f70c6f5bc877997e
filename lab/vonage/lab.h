#pragma once
// `lab vonage` inside a process: starts simulated calls on threads of its own, serves the carrier's REST interface for
// them, and lets other threads wait for what they want to see.
//
//   VonageLab lab;
//   auto call = lab.call({.answer_url = "http://127.0.0.1:8080/vonage/answer", .signature_secret = "…", .dial = …});
//   ASSERT_TRUE(call->wait_for([](const CallResult& c) { return c.stream().agent_speaking(); }, 5s));
//   call->say("stop", samples);  …  call->hang_up();  CallResult all = call->result();
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "lab/carrier/carrier_call.h"
#include "lab/vonage/options.h"
#include "lab/vonage/rest.h"

namespace trunkline::lab::vonage {

class VonageDriver;

/// One call, seen from any other thread. Destroying it drops the call's sockets without a goodbye.
class VonageCall : public CarrierCall {
  public:
    using CarrierCall::CarrierCall;
    void set_active(bool active);  ///< websocket:media:update
    /// Runs `action` on the call's thread and waits for it.
    void with_driver(const std::function<void(VonageDriver&)>& action) const;
};

class VonageLab {
  public:
    explicit VonageLab(int threads = 1);
    ~VonageLab();
    VonageLab(const VonageLab&) = delete;
    VonageLab& operator=(const VonageLab&) = delete;

    /// Starts a call at once. `prepare` runs on the call's thread before anything is sent. Thread-safe.
    std::unique_ptr<VonageCall> call(CallOptions options, std::function<void(VonageDriver&)> prepare = nullptr);

    /// Serves /v1/calls for all calls of this lab. Returns the base URL, "http://127.0.0.1:8089".
    Result<std::string> serve_rest(RestOptions options);
    void stop_rest();  ///< the calls live on
    /// Calls made over REST, in order; null when there are not so many. They live as long as the lab.
    std::shared_ptr<VonageCall> outgoing(size_t n) const;

  private:
    LabThreads threads_;
    mutable std::mutex mutex_;  // of outgoing_
    std::vector<std::shared_ptr<VonageCall>> outgoing_;
    std::shared_ptr<CallRegistry> registry_;
    std::unique_ptr<RestServer> rest_;
};

}  // namespace trunkline::lab::vonage
