#pragma once
// One media stream of a simulated call: dials the server, speaks and listens in real time, and judges every message.
//
//   say() ─▶ frames every 20 ms by an absolute clock ─▶ WsClient ─▶ server
//   server ─▶ WsClient ─▶ (held back while a delayed clear is on its way) ─▶ Player ─▶ Ear, recording ─▶ marks back
//
// Lives on one thread's main context. Results are written straight into the StreamResult it was given.
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>

#include "lab/carrier/call_result.h"
#include "lab/carrier/timer.h"
#include "lab/carrier/ws_client.h"
#include "lab/twilio/messages.h"
#include "lab/twilio/options.h"
#include "lab/twilio/player.h"
#include "lab/twilio/violation.h"

namespace trunkline::lab {

class MediaStream;

enum class StreamEnd { kRefused, kServerClosed, kProtocolError, kLost, kHungUp };
const char* to_string(StreamEnd end);

/// The call a stream belongs to.
class StreamOwner {
  public:
    virtual ~StreamOwner() = default;
    virtual double now_ms() const = 0;
    /// Returns the index under which the violation stands in the result.
    virtual size_t stream_violation(Violation violation) = 0;
    virtual void violation_repeated(size_t index) = 0;
    virtual void note(std::string_view kind, std::string detail) = 0;
    virtual StreamResult& stream_result(const MediaStream& stream) = 0;
    virtual void stream_opened(MediaStream& stream) = 0;
    virtual void stream_changed() = 0;  ///< something may have become true that somebody waits for
    virtual void stream_ended(MediaStream& stream, StreamEnd end) = 0;
};

struct StreamPlan {
    StreamIdentity identity;
    std::string name;  ///< of <Stream name>; empty: none
    bool bidirectional = true;
    std::vector<std::string> tracks = {"inbound"};
    FormFields parameters;
    std::string status_callback;
    std::string status_method = "POST";
    WsDial dial;
};

class MediaStream : private WsClient::Handler {
  public:
    MediaStream(StreamPlan plan, const TwilioCallOptions& options, StreamOwner& owner);
    ~MediaStream() override;

    void open();
    /// Speaks μ-law after whatever is still being said.
    void say(std::string name, std::vector<uint8_t> ulaw);
    /// Ends what is being said and waits to be said.
    void be_quiet();
    void press(std::string_view digits);
    void hang_up(HangUp how);
    /// As if the network to the carrier had stalled: nothing is read from the server any more, or again.
    void pause_reading(bool pause);
    const StreamPlan& plan() const { return plan_; }
    bool over() const { return state_ == State::kOver; }

  private:
    enum class State { kIdle, kDialing, kOpen, kRunning, kClosing, kOver };
    struct Speech {
        size_t said;  // index into StreamResult::said
        std::vector<uint8_t> ulaw;
        size_t at = 0;
    };
    struct HeldMessage {
        int64_t due_ns;
        std::string text;
    };

    void ws_opened() override;
    void ws_failed(DialFault fault, int status, const std::string& message) override;
    void ws_event(const WsEvent& event) override;
    void ws_gone(const std::string& reason) override;

    // Sending: media_stream_send.cc
    void begin();
    std::vector<std::string> opening_messages();
    void send(const std::string& text);
    void send_due_audio(int64_t now_ns);
    std::string next_audio_message();
    std::vector<uint8_t> next_frame(size_t bytes);
    void plan_next_audio();
    void send_due_digits(int64_t now_ns);
    void finish(StreamEnd end);

    // Receiving: media_stream.cc
    void receive(std::string text);
    void apply(std::string_view text);
    void apply_clear();
    void mark_returned(const std::string& name, MarkEcho how);
    void echo_mark(const std::string& name, MarkEcho how);
    void protocol_error(const std::string& what);
    void warn_once(Violation violation);
    void advance(int64_t now_ns);
    void on_played(std::span<const uint8_t> bytes);
    void heard_change(Ear::Change change);
    void tick();
    void schedule();
    StreamResult& result() const { return owner_.stream_result(*this); }

    StreamPlan plan_;
    const TwilioCallOptions& options_;
    StreamOwner& owner_;
    State state_ = State::kIdle;
    std::shared_ptr<WsClient> ws_;
    MessageWriter writer_;
    Player player_;
    Ear ear_;
    Timer timer_;
    std::mt19937_64 random_;
    int64_t zero_ns_ = 0;  // sample 0
    bool quiet_ = false;   // half-open: the clock runs on, nothing is sent

    std::deque<Speech> speeches_;
    uint64_t frames_ = 0;  // audio messages made
    uint64_t chunk_ = 0;
    int64_t spoken_samples_ = 0;
    int64_t next_audio_ns_ = 0;
    std::string digits_;
    int64_t next_digit_ns_ = 0;
    int64_t give_up_ns_ = 0;  // when closing: the server had its time

    std::deque<HeldMessage> held_;
    std::multimap<int64_t, std::pair<std::string, MarkEcho>> late_marks_;  // by due time
    std::map<int, size_t> warned_;
};

}  // namespace trunkline::lab
