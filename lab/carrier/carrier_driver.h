#pragma once
// A simulated call on its own thread, whatever the carrier: what a scenario plays on. Keeps the result, the steps and
// the media legs of the call, and tells whoever waits when something has changed. A carrier derives its documents and
// reports from it. Other threads hold a CarrierCall (carrier_call.h).
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lab/carrier/call_result.h"
#include "lab/carrier/caller_voice.h"
#include "lab/carrier/hang_up.h"
#include "lab/carrier/leg_owner.h"
#include "lab/carrier/timer.h"

namespace trunkline::lab {

class CarrierDriver : public std::enable_shared_from_this<CarrierDriver>, protected LegOwner {
  public:
    CarrierDriver();
    ~CarrierDriver() override;
    CarrierDriver(const CarrierDriver&) = delete;
    CarrierDriver& operator=(const CarrierDriver&) = delete;

    /// "twilio" or "vonage".
    virtual const char* carrier() const = 0;
    virtual void start() = 0;
    /// Speaks after whatever is still being said. False when there is no stream to speak on.
    bool say(const Utterance& utterance);
    void be_quiet();  ///< stops in the middle of a word
    void press(std::string_view digits);
    void pause_reading(bool pause);  ///< nothing is read from the media socket meanwhile
    void hang_up(HangUp how);

    const CallResult& result() const { return result_; }
    double call_ms() const override;  ///< since the call began
    /// Called after every change and at least every 20 ms while a stream runs. May call everything above.
    void observe(std::function<void()> observer) { observer_ = std::move(observer); }
    /// Hears of every timeline event as it happens.
    void on_note(std::function<void(const TimelineEvent&)> listener) { note_listener_ = std::move(listener); }
    /// `done(true)` as soon as `condition` holds. Returns a number for forget().
    int wait(std::function<bool(const CallResult&)> condition, std::function<void(bool)> done);
    void forget(int waiter);
    void note(std::string_view kind, std::string detail) override;

  protected:
    /// The caller has hung up and no step is left: closes the legs and ends the call.
    virtual void caller_left(HangUp how) = 0;
    /// `talked`: it was the leg that the call waits for.
    virtual void leg_over(MediaLeg& leg, LegEnd end, bool talked) = 0;

    /// To be called at the end of everything that changed the result.
    void changed();
    /// Time and note of it are added here. Returns its index in the result.
    size_t violation(int code, bool warning, std::string message) override;
    /// The call's time starts to run; it is hung up after so long, unless that is 0.
    void begin(int max_call_ms);
    /// One more document is asked for. False when there were too many, which is a violation of that code.
    bool another_document(int code);
    /// The next step of the call, replacing the one that waits: in the next turn of the loop, or after a while.
    void later(std::function<void()> step);
    void after_ms(int64_t ms, std::function<void()> step);
    void drop_step() { step_ = nullptr; }
    bool answered() const { return answered_ms_ >= 0; }
    void set_answered() { answered_ms_ = call_ms(); }
    bool hanging_up() const { return hanging_up_; }
    bool vanished() const { return vanished_; }  ///< hung up half-open: nothing more is said to anybody
    /// Sets what an ended call has in its result. False when it had ended before.
    bool conclude(const std::string& status, const std::string& reason);

    /// Dials. A leg that `talks` is the one that the call waits for, and on which the caller speaks.
    void open_leg(std::unique_ptr<MediaLeg> leg, std::string stream_sid, std::string url, bool talks = true);
    void close_legs(HangUp how);
    /// The leg on which the caller speaks; null when there is none, or it is over.
    MediaLeg* talking() const;
    const std::vector<std::unique_ptr<MediaLeg>>& legs() const { return legs_; }

    CallResult result_;

  private:
    struct Waiter {
        int id;
        std::function<bool(const CallResult&)> condition;
        std::function<void(bool)> done;
    };
    void violation_repeated(size_t index) override { ++result_.violations[index].repeats; }
    StreamResult& leg_result(const MediaLeg& leg) override;
    void leg_changed() override { changed(); }
    void leg_ended(MediaLeg& leg, LegEnd end) override;

    int64_t begun_ns_;
    double answered_ms_ = -1;
    bool hanging_up_ = false;
    bool vanished_ = false;
    int documents_ = 0;
    Timer step_timer_;
    std::function<void()> step_;
    Timer limit_timer_;
    std::vector<std::unique_ptr<MediaLeg>> legs_;  // one for each stream of the result
    MediaLeg* connected_ = nullptr;
    std::function<void()> observer_;
    std::function<void(const TimelineEvent&)> note_listener_;
    std::vector<Waiter> waiters_;
    int next_waiter_ = 1;
    bool notifying_ = false;
    bool notify_again_ = false;
};

}  // namespace trunkline::lab
