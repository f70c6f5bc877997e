#pragma once
// The wire of a simulated call's media stream: JSON messages, a queue played by samples, marks and clears; every
// message of the server is judged.
#include <memory>
#include <string>
#include <vector>

#include "lab/carrier/media_leg.h"
#include "lab/twilio/messages.h"
#include "lab/twilio/options.h"
#include "lab/twilio/player.h"

namespace trunkline::lab {

struct StreamPlan {
    StreamIdentity identity;
    std::string name;  ///< of <Stream name>; empty: none
    bool bidirectional = true;
    std::vector<std::string> tracks = {"inbound"};
    FormFields parameters;
    std::string status_callback;
    std::string status_method = "POST";
};

class MediaStream : public MediaLeg {
  public:
    MediaStream(LegOwner& owner, StreamPlan plan, WsDial dial, const TwilioCallOptions& options);
    const StreamPlan& plan() const { return plan_; }

  private:
    void dialing(WsDial& dial) override;
    void opened() override;
    void begin() override;
    size_t message_samples() const override;
    void send_audio() override;
    void send_digit(char digit) override { write(writer_.dtmf(digit)); }
    void receive(const WsEvent& message) override;
    void apply(const WsEvent& message) override;
    void play(int64_t now_ns) override;
    int64_t next_due_ns() const override;
    void farewell() override { write(writer_.stop()); }

    void write(const std::string& text);
    std::string start_message();
    std::vector<std::string> opening_messages();
    std::string next_audio_message();
    void apply_media(std::vector<uint8_t> audio);
    void return_mark(const std::string& name, MarkEcho how);

    StreamPlan plan_;
    const TwilioCallOptions& options_;
    MessageWriter writer_;
    Player player_;
    uint64_t chunk_ = 0;
};

}  // namespace trunkline::lab
