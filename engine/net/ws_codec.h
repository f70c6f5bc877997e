#pragma once
// RFC 6455 framing on top of wslay, without any I/O: bytes go in, messages come out of the sink, frames are collected.
//
//   socket ─bytes─▶ feed() ─▶ Sink          queue_*() ─▶ take_output() ─bytes─▶ socket
//
// wslay works unbuffered here: a message that arrives in one piece is delivered from wslay's own buffer without a copy,
// and a peer that announces 4 MiB gets no memory before it has sent them. The frames that make up a call, whole
// messages in one frame, are read and written here in one pass; everything else (fragments, control frames, frames cut
// by the end of a read, whatever breaks a rule) is wslay's.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

struct wslay_event_context;

namespace trunkline {

class WsCodec {
  public:
    enum class Role { kServer, kClient };
    enum class Verdict {
        kGoOn,
        kPeerClosed,  ///< a close frame came; the answer to it waits in take_output()
        kViolation,   ///< the peer broke RFC 6455 or the limit; a close frame that says so waits in take_output()
    };

    class Sink {
      public:
        virtual ~Sink() = default;
        virtual void on_message(bool text, std::span<const uint8_t> payload) = 0;
    };

    /// `sink` must outlive the codec. `max_message`: bytes of one whole message, fragments together.
    WsCodec(Role role, size_t max_message, Sink* sink);
    ~WsCodec();
    WsCodec(const WsCodec&) = delete;
    WsCodec& operator=(const WsCodec&) = delete;

    /// Not to be called inside a sink's callback. After anything but kGoOn further bytes are ignored.
    Verdict feed(std::span<const uint8_t> bytes);
    /// Nothing is delivered any more; may be called inside a callback.
    void stop();

    /// Appends one whole message as one frame, behind all frames that wait. False when a close frame was queued.
    bool write_message(bool text, std::span<const uint8_t> payload, std::string& out);
    bool queue_ping();
    /// `code` 0 = no status; codes that must not be sent become 1000; `reason` is cut to 123 bytes of whole characters.
    bool queue_close(uint16_t code, std::string_view reason);
    /// Appends all frames that wait, answers to pings and closes included.
    void take_output(std::string& out);

    uint16_t peer_close_code() const { return peer_code_; }  ///< 1005 = close frame without code, 1006 = no close frame
    const std::string& peer_close_reason() const { return peer_reason_; }
    uint16_t sent_close_code() const;  ///< valid after take_output()

  private:
    struct Callbacks;
    friend struct Callbacks;
    void make_context();
    void violate(uint16_t code);
    bool accept_newer_close();
    void renew_context();
    size_t take_whole_frame(std::span<const uint8_t> bytes);
    size_t hold(std::span<const uint8_t> bytes);
    size_t begin_frame(std::span<const uint8_t> bytes);
    void give(std::span<const uint8_t> bytes);
    void keep_or_free_assembled();
    void on_frame_start(uint8_t opcode, uint64_t length, bool fin);
    void on_chunk(std::span<const uint8_t> chunk);
    void on_complete(uint8_t opcode, std::span<const uint8_t> control, uint16_t close_code);

    const Role role_;
    const size_t max_message_;
    Sink* const sink_;
    wslay_event_context* context_ = nullptr;
    std::span<const uint8_t> input_;
    std::string* output_ = nullptr;

    bool output_waits_ = false;  // wslay may have frames to send
    bool stopped_ = false;
    bool closing_ = false;
    bool violated_ = false;
    bool peer_closed_ = false;
    uint16_t peer_code_ = 1006;
    std::string peer_reason_;

    // wslay gets one frame at a time, and never a part of a header or of a control frame: those are held.
    std::string held_;
    uint64_t frame_left_ = 0;  // of the frame that wslay has begun

    // The message under way.
    bool in_message_ = false;
    bool in_control_ = false;
    bool in_close_ = false;
    std::string close_;  // payload of the peer's close frame
    bool single_frame_ = false;
    uint64_t frame_length_ = 0;
    uint64_t message_length_ = 0;
    std::span<const uint8_t> whole_;  // points into wslay's buffer, valid until its callback returns
    std::string assembled_;
};

}  // namespace trunkline
