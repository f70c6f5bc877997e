#pragma once
// One phone call as the carrier makes it: webhook → answer document → media socket → a frame every 20 ms by an absolute
// schedule, while what the engine plays is checked, and its marks come back when a real caller would have heard them.
#include <deque>
#include <memory>
#include <string>

#include "benchmarks/load/carrier_wire.h"
#include "benchmarks/load/rig.h"
#include "benchmarks/load/ws_channel.h"

namespace trunkline::load {

class Caller final : public SocketSink, public TimerSink, public MessageSink {
  public:
    Caller(Rig& rig, uint32_t number);
    ~Caller() override;

    /// A new call (Rig::is_new) hangs up by itself when its life is over and all its frames have arrived.
    void start_at(int64_t when_ns);
    void hang_up();  ///< `stop` and a close frame; the engine then closes
    void cut();      ///< closes at once

    bool is_streaming() const { return state_ == State::kStreaming; }
    bool is_over() const { return state_ == State::kOver; }
    /// Ends a call that is not up with a reason that names where it hangs.
    void give_up();
    const StampReader::Counts& counts() const { return reader_->counts(); }

    void on_ready(bool readable, bool writable) override;
    void on_due(int what, int64_t due) override;
    void on_message(WsOpcode opcode, std::span<uint8_t> payload) override;

  private:
    enum class State { kWaiting, kPosting, kDialing, kUpgrading, kStreaming, kHangingUp, kOver };
    enum Due { kStart, kFrame, kMark, kLifeOver, kGoodbye };

    bool dial(TcpSocket& socket);
    void begin_webhook(int64_t due);
    Site site() const;
    void begin_socket(const std::string& document);
    void on_connected();
    void on_webhook_bytes();
    void on_upgrade_bytes();
    void begin_stream();
    void send_frame(int64_t intended);
    void on_media(std::span<const uint8_t> audio);
    void on_mark(const std::string& name);
    void on_clear();
    bool send_text(const std::string& text);
    void update_interest();
    void end_of_life(int64_t due);
    void leave_when_heard(int64_t due);
    void fail(const std::string& reason);

    Rig& rig_;
    uint32_t number_;
    State state_ = State::kWaiting;
    CallRecord& record_;
    Leg up_, down_;
    std::unique_ptr<CarrierWire> wire_;
    std::unique_ptr<StampReader> reader_;
    TcpSocket http_;
    WsChannel channel_;
    bool wants_write_ = false;
    std::string request_, frame_;
    int64_t due_ns_ = 0, streaming_ns_ = 0, life_over_ns_ = 0;
    struct Mark {
        int64_t due;
        std::string name;
    };
    std::deque<Mark> marks_;
    std::string broken_;  // found inside a message; the call fails once the messages are through
};

}  // namespace trunkline::load
