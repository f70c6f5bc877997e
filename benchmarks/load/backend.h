#pragma once
// The voice-AI side: accepts the engine's agent sockets, checks the caller's frames, and talks half of the time in
// stamped frames, with the texts around it that make an engine store facts.
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/load/agent_wire.h"
#include "benchmarks/load/rig.h"
#include "benchmarks/load/ws_channel.h"

namespace trunkline::load {

/// One agent socket. Which call it belongs to is read from the first frame it hears.
class AgentSession final : public SocketSink, public TimerSink, public MessageSink {
  public:
    AgentSession(Rig& rig, TcpSocket socket);
    ~AgentSession() override;

    bool is_over() const { return over_; }
    const StampReader::Counts& counts() const { return reader_->counts(); }

    void on_ready(bool readable, bool writable) override;
    void on_due(int what, int64_t due) override;
    void on_message(WsOpcode opcode, std::span<uint8_t> payload) override;

  private:
    enum Due { kTalk, kHello };
    void on_upgrade_bytes();
    void say_hello();
    void apply_settings();
    void on_audio(std::span<const uint8_t> audio);
    void begin_talking(uint32_t call, int64_t now);
    void talk(int64_t due);
    void note_heard(const HeardFrame& frame);
    bool caller_has_heard_all() const;
    void begin_turn();
    void send_burst(int64_t intended);
    void send_text(std::string_view text);
    void update_interest();
    void close();

    Rig& rig_;
    WsChannel channel_;
    Leg up_, down_;
    std::unique_ptr<AgentWire> wire_;
    std::unique_ptr<StampReader> reader_;
    bool upgraded_ = false, greeted_ = false, asked_ = false, over_ = false, wants_write_ = false;
    int64_t accepted_ns_, settled_ns_ = 0;
    bool known_ = false, talking_ = false;
    uint32_t call_ = 0;
    uint32_t turn_ = 0;
};

class Backend final : public SocketSink {
  public:
    /// `listener` is listening already, so that its port is known before the engine starts.
    Backend(Rig& rig, TcpSocket& listener);
    ~Backend() override;

    void on_ready(bool readable, bool writable) override;
    const std::vector<std::unique_ptr<AgentSession>>& sessions() const { return sessions_; }
    bool all_over() const;

  private:
    Rig& rig_;
    TcpSocket& listener_;
    std::vector<std::unique_ptr<AgentSession>> sessions_;
};

}  // namespace trunkline::load
