#pragma once
// The wire of a simulated call's websocket leg: whole frames of linear audio, a queue played tick by tick, notifies and
// clears; every message of the server is judged.
#include <string>

#include "lab/carrier/media_leg.h"
#include "lab/carrier/timer.h"
#include "lab/vonage/ncco.h"
#include "lab/vonage/playout.h"

namespace trunkline::lab::vonage {

struct SocketPlan {
    std::string uuid;  ///< of the leg
    SocketEndpoint endpoint;
    std::string event_url;
    std::string event_method;
    bool synchronous = false;
};

class MediaSocket : public MediaLeg {
  public:
    MediaSocket(LegOwner& owner, SocketPlan plan, WsDial dial, const MediaOptions& options);
    const SocketPlan& plan() const { return plan_; }
    /// websocket:media:update; while inactive no audio is sent.
    void set_active(bool active);

  private:
    void opened() override;
    void begin() override;
    size_t message_samples() const override { return static_cast<size_t>(plan_.endpoint.rate) / 50; }
    void send_audio() override;
    void send_digit(char digit) override;
    void receive(const WsEvent& message) override;
    void apply(const WsEvent& message) override;
    void play(int64_t now_ns) override;
    int64_t next_due_ns() const override;

    void write(const std::string& text) { send(options_.leading_space ? " " + text : text); }
    void send_frame();
    void apply_audio(const std::string& bytes);
    void apply_text(const std::string& text);
    void apply_clear();
    void wrong_size(size_t got);
    size_t frame_bytes() const { return 2 * message_samples(); }

    SocketPlan plan_;
    const MediaOptions& options_;
    Playout playout_;
    ComfortNoise noise_;
    Timer gap_;  // in reading
    int64_t ticks_ = 0;
    bool deaf_ = false;  // a wrong frame came: nothing is listened to any more
    bool active_ = true;
};

}  // namespace trunkline::lab::vonage
