#pragma once
// A simulated call on its own thread, whatever the carrier: what a scenario plays on. Keeps the result, tells whoever
// waits when something has changed. Other threads hold a CarrierCall (carrier_call.h).
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lab/carrier/call_result.h"
#include "lab/carrier/hang_up.h"

namespace trunkline::lab {

/// What the caller says, in the forms carriers want it; both 8 kHz.
struct Utterance {
    const std::string& name;
    const Samples& samples;
    const std::vector<uint8_t>& ulaw;
};

class CarrierDriver : public std::enable_shared_from_this<CarrierDriver> {
  public:
    CarrierDriver();
    virtual ~CarrierDriver();
    CarrierDriver(const CarrierDriver&) = delete;
    CarrierDriver& operator=(const CarrierDriver&) = delete;

    /// "twilio" or "vonage".
    virtual const char* carrier() const = 0;
    virtual void start() = 0;
    /// Speaks after whatever is still being said. False when there is no stream to speak on.
    virtual bool say(const Utterance& utterance) = 0;
    virtual void be_quiet() = 0;  ///< stops in the middle of a word
    virtual void press(std::string_view digits) = 0;
    virtual void pause_reading(bool pause) = 0;  ///< nothing is read from the media socket meanwhile
    virtual void hang_up(HangUp how) = 0;

    const CallResult& result() const { return result_; }
    double call_ms() const;  ///< since the call began
    /// Called after every change and at least every 20 ms while a stream runs. May call everything above.
    void observe(std::function<void()> observer) { observer_ = std::move(observer); }
    /// Hears of every timeline event as it happens.
    void on_note(std::function<void(const TimelineEvent&)> listener) { note_listener_ = std::move(listener); }
    /// `done(true)` as soon as `condition` holds. Returns a number for forget().
    int wait(std::function<bool(const CallResult&)> condition, std::function<void(bool)> done);
    void forget(int waiter);
    void add_note(std::string_view kind, std::string detail);

  protected:
    /// To be called at the end of everything that changed the result.
    void changed();
    /// Time and note of it are added here. Returns its index in the result.
    size_t add_violation(Violation violation);
    /// The call's time starts to run.
    void begin();

    CallResult result_;

  private:
    struct Waiter {
        int id;
        std::function<bool(const CallResult&)> condition;
        std::function<void(bool)> done;
    };
    int64_t begun_ns_;
    std::function<void()> observer_;
    std::function<void(const TimelineEvent&)> note_listener_;
    std::vector<Waiter> waiters_;
    int next_waiter_ = 1;
    bool notifying_ = false;
    bool notify_again_ = false;
};

}  // namespace trunkline::lab
