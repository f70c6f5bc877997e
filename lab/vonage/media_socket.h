#pragma once
// The websocket leg of a simulated call: dials the server, speaks and listens in real time, and judges every message.
//
//   say() ─▶ one 20 ms frame at every tick of an absolute clock ─▶ WsClient ─▶ server
//   server ─▶ WsClient (read as slowly as wanted) ─▶ Playout ─▶ one frame at every tick ─▶ Ear, recording ─▶ notifies
//   back
//
// Lives on one thread's main context. Results are written straight into the StreamResult it was given.
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "lab/carrier/call_result.h"
#include "lab/carrier/timer.h"
#include "lab/carrier/ws_client.h"
#include "lab/vonage/ncco.h"
#include "lab/vonage/playout.h"

namespace trunkline::lab::vonage {

class MediaSocket;

enum class SocketEnd { kRefused, kServerClosed, kProtocolError, kLost, kHungUp };
const char* to_string(SocketEnd end);

/// The call a socket belongs to.
class SocketOwner {
  public:
    virtual ~SocketOwner() = default;
    virtual double now_ms() const = 0;
    /// Returns the index under which the violation stands in the result.
    virtual size_t socket_violation(Violation violation) = 0;
    virtual void violation_repeated(size_t index) = 0;
    virtual void note(std::string_view kind, std::string detail) = 0;
    virtual StreamResult& socket_result(const MediaSocket& socket) = 0;
    virtual void socket_opened(MediaSocket& socket) = 0;
    virtual void socket_changed() = 0;  ///< something may have become true that somebody waits for
    virtual void socket_ended(MediaSocket& socket, SocketEnd end) = 0;
};

struct SocketPlan {
    std::string uuid;  ///< of the leg
    SocketEndpoint endpoint;
    std::string event_url;
    std::string event_method;
    bool synchronous = false;
    WsDial dial;
};

class MediaSocket : private WsClient::Handler {
  public:
    MediaSocket(SocketPlan plan, const MediaOptions& options, SocketOwner& owner);
    ~MediaSocket() override;

    void open();
    /// Speaks 8 kHz audio after whatever is still being said.
    void say(std::string name, const Samples& samples);
    void be_quiet();
    void press(std::string_view digits);
    /// websocket:media:update; while inactive no audio is sent.
    void set_active(bool active);
    void pause_reading(bool pause);
    void hang_up(HangUp how);
    const SocketPlan& plan() const { return plan_; }
    bool over() const { return state_ == State::kOver; }
    bool running() const { return state_ == State::kRunning; }

  private:
    enum class State { kIdle, kDialing, kOpen, kRunning, kClosing, kOver };
    struct Speech {
        size_t said;  // index into StreamResult::said
        Samples samples;
        size_t at = 0;
    };
    struct HeldMessage {
        int64_t due_ns;
        WsEvent event;
    };

    void ws_opened() override;
    void ws_failed(DialFault fault, int status, const std::string& message) override;
    void ws_event(const WsEvent& event) override;
    void ws_gone(const std::string& reason) override;

    // Sending: media_socket_send.cc
    void begin();
    void send(const std::string& text);
    void send_frame();
    void send_due_audio(int64_t now_ns);
    void send_due_digits(int64_t now_ns);
    void plan_next_audio();
    Samples next_samples(size_t count);
    void finish(SocketEnd end);

    // Receiving: media_socket.cc
    void receive(WsEvent event);
    void apply(const WsEvent& event);
    void apply_audio(const std::string& bytes);
    void apply_text(const std::string& text);
    void apply_clear();
    void notify_returned(const std::string& payload, MarkEcho how);
    void wrong_size(size_t got);
    void protocol_error(const std::string& what);
    void warn_once(int code, std::string message);
    void play_due(int64_t now_ns);
    void hear(const Samples& frame);
    void heard_change(Ear::Change change);
    void tick();
    void schedule();
    size_t frame_samples() const { return static_cast<size_t>(plan_.endpoint.rate) / 50; }
    StreamResult& result() const { return owner_.socket_result(*this); }

    SocketPlan plan_;
    const MediaOptions& options_;
    SocketOwner& owner_;
    State state_ = State::kIdle;
    std::shared_ptr<WsClient> ws_;
    Playout playout_;
    ComfortNoise noise_;
    Ear ear_;
    StreamResampler to_telephone_;  // what was heard, for listeners, who know 8 kHz
    Timer timer_;
    Timer reading_;
    std::mt19937_64 random_;
    int64_t zero_ns_ = 0;  // of the first tick
    int64_t ticks_ = 0;
    bool quiet_ = false;  // half-open: the clock runs on, nothing is sent
    bool deaf_ = false;   // a wrong frame came: nothing is listened to any more
    int64_t break_ns_ = 0;
    bool active_ = true;

    std::deque<Speech> speeches_;
    uint64_t frames_ = 0;  // of the caller, sent or not
    int64_t spoken_ = 0;   // samples, at the wire's rate
    int64_t next_audio_ns_ = 0;
    int64_t audio_shift_ns_ = 0;  // gaps so far
    std::string digits_;
    int64_t next_digit_ns_ = 0;
    int64_t give_up_ns_ = 0;  // when closing: the server had its time

    std::deque<HeldMessage> held_;
    std::multimap<int64_t, std::string> late_texts_;  // by due time
    std::map<int, size_t> warned_;
};

}  // namespace trunkline::lab::vonage
