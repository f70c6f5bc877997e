// wslay's callbacks and the rules it leaves to us: the limit over all fragments, close frames with half a code, and a
// close code where it would close without one.
#include "engine/net/ws_codec.h"

#include <wslay/wslay.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/core/id.h"
#include "engine/core/json.h"

namespace trunkline {
namespace {

constexpr size_t kMaxReason = 123;
constexpr size_t kKeepCapacity = 64U << 10;
constexpr uint64_t kFragmentCost = 16;

/// Masks must be unpredictable; one system call serves many frames.
void fill_mask(uint8_t* into, size_t length) {
    thread_local std::array<uint8_t, 2048> pool;
    thread_local size_t used = pool.size();
    if (used + length > pool.size()) {
        random_bytes(pool);
        used = 0;
    }
    std::memcpy(into, pool.data() + used, length);
    used += length;
}

bool may_be_sent(uint16_t code) {
    bool registered = code >= 1000 && code <= 1011 && code != 1004 && code != 1005 && code != 1006;
    return registered || (code >= 3000 && code <= 4999);
}

std::string_view cut_reason(std::string_view reason) {
    if (reason.size() > kMaxReason) reason = reason.substr(0, kMaxReason);
    while (!reason.empty() && !is_utf8(reason)) reason.remove_suffix(1);
    return reason;
}

}  // namespace

/// The C face of the codec.
struct WsCodec::Callbacks {
    static WsCodec* of(void* user) { return static_cast<WsCodec*>(user); }

    static ssize_t recv(wslay_event_context_ptr context, uint8_t* into, size_t length, int, void* user) {
        auto& input = of(user)->input_;
        if (input.empty()) {
            wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
            return -1;
        }
        size_t n = std::min(length, input.size());
        std::memcpy(into, input.data(), n);
        input = input.subspan(n);
        return static_cast<ssize_t>(n);
    }
    static ssize_t send(wslay_event_context_ptr, const uint8_t* bytes, size_t length, int, void* user) {
        of(user)->output_->append(reinterpret_cast<const char*>(bytes), length);
        return static_cast<ssize_t>(length);
    }
    static int genmask(wslay_event_context_ptr, uint8_t* into, size_t length, void*) {
        fill_mask(into, length);
        return 0;
    }
    static void frame_start(wslay_event_context_ptr, const wslay_event_on_frame_recv_start_arg* frame, void* user) {
        of(user)->on_frame_start(frame->opcode, frame->payload_length, frame->fin != 0);
    }
    static void chunk(wslay_event_context_ptr, const wslay_event_on_frame_recv_chunk_arg* part, void* user) {
        of(user)->on_chunk({part->data, part->data_length});
    }
    static void frame_end(wslay_event_context_ptr, void* user) { of(user)->in_control_ = false; }
    static void message(wslay_event_context_ptr, const wslay_event_on_msg_recv_arg* message, void* user) {
        of(user)->on_complete(message->opcode, {message->msg, message->msg_length}, message->status_code);
    }
};

WsCodec::WsCodec(Role role, size_t max_message, Sink* sink) : role_(role), max_message_(max_message), sink_(sink) {
    make_context();
}

WsCodec::~WsCodec() { wslay_event_context_free(context_); }

void WsCodec::make_context() {
    const wslay_event_callbacks callbacks = {Callbacks::recv,        Callbacks::send,  Callbacks::genmask,
                                             Callbacks::frame_start, Callbacks::chunk, Callbacks::frame_end,
                                             Callbacks::message};
    if (role_ == Role::kServer) {
        wslay_event_context_server_init(&context_, &callbacks, this);
    } else {
        wslay_event_context_client_init(&context_, &callbacks, this);
    }
    wslay_event_config_set_no_buffering(context_, 1);
    // Control frames pass this limit too and hold up to 125 bytes.
    wslay_event_config_set_max_recv_msg_length(context_, std::max<uint64_t>(max_message_, 125));
}

WsCodec::Verdict WsCodec::feed(std::span<const uint8_t> bytes) {
    if (stopped_ || violated_ || peer_closed_) return Verdict::kGoOn;
    input_ = bytes;
    int result = wslay_event_recv(context_);
    input_ = {};
    if (stopped_) return Verdict::kGoOn;
    if (peer_closed_) return Verdict::kPeerClosed;
    if (result != 0) {
        // wslay met a malformed header and queued a close frame without a code; a new context can say 1002.
        bool closing = wslay_event_get_close_sent(context_) != 0;
        wslay_event_context_free(context_);
        make_context();
        violated_ = true;
        if (!closing) wslay_event_queue_close(context_, WSLAY_CODE_PROTOCOL_ERROR, nullptr, 0);
        return Verdict::kViolation;
    }
    if (!wslay_event_get_read_enabled(context_)) violated_ = true;  // wslay queued 1002, 1007 or 1009
    return violated_ ? Verdict::kViolation : Verdict::kGoOn;
}

void WsCodec::stop() {
    stopped_ = true;
    wslay_event_shutdown_read(context_);
}

bool WsCodec::queue_message(bool text, std::span<const uint8_t> payload) {
    auto opcode = static_cast<uint8_t>(text ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME);
    wslay_event_msg message{opcode, payload.data(), payload.size()};
    return wslay_event_queue_msg(context_, &message) == 0;
}

bool WsCodec::queue_ping() {
    wslay_event_msg message{WSLAY_PING, nullptr, 0};
    return wslay_event_queue_msg(context_, &message) == 0;
}

bool WsCodec::queue_close(uint16_t code, std::string_view reason) {
    if (code != 0 && !may_be_sent(code)) code = WSLAY_CODE_NORMAL_CLOSURE;
    reason = code == 0 ? std::string_view() : cut_reason(reason);
    return wslay_event_queue_close(context_, code, reinterpret_cast<const uint8_t*>(reason.data()), reason.size()) == 0;
}

void WsCodec::take_output(std::string& out) {
    output_ = &out;
    wslay_event_send(context_);
    output_ = nullptr;
}

uint16_t WsCodec::sent_close_code() const { return wslay_event_get_status_code_sent(context_); }

void WsCodec::violate(uint16_t code) {
    violated_ = true;
    wslay_event_queue_close(context_, code, nullptr, 0);
    wslay_event_shutdown_read(context_);
}

void WsCodec::on_frame_start(uint8_t opcode, uint64_t length, bool fin) {
    in_control_ = wslay_is_ctrl_frame(opcode);
    if (in_control_) {
        if (opcode == WSLAY_CONNECTION_CLOSE && length == 1) violate(WSLAY_CODE_PROTOCOL_ERROR);
        return;
    }
    bool first = opcode != WSLAY_CONTINUATION_FRAME;
    if (first) message_length_ = 0;
    single_frame_ = first && fin;
    frame_length_ = length;
    // A fragment counts for what it costs us, so that a message of endless empty ones has an end too.
    message_length_ += single_frame_ ? length : std::max<uint64_t>(length, kFragmentCost);
    if (message_length_ > max_message_) violate(WSLAY_CODE_MESSAGE_TOO_BIG);
}

void WsCodec::on_chunk(std::span<const uint8_t> chunk) {
    if (in_control_ || violated_ || stopped_) return;
    if (single_frame_ && chunk.size() == frame_length_) {
        whole_ = chunk;
    } else {
        assembled_.append(reinterpret_cast<const char*>(chunk.data()), chunk.size());
    }
}

void WsCodec::on_complete(uint8_t opcode, std::span<const uint8_t> control, uint16_t close_code) {
    if (violated_ || stopped_) return;
    if (opcode == WSLAY_CONNECTION_CLOSE) {
        peer_closed_ = true;
        peer_code_ = close_code == 0 ? uint16_t{WSLAY_CODE_NO_STATUS_RCVD} : close_code;
        if (control.size() > 2)
            peer_reason_.assign(reinterpret_cast<const char*>(control.data()) + 2, control.size() - 2);
    }
    if (opcode != WSLAY_TEXT_FRAME && opcode != WSLAY_BINARY_FRAME) return;
    std::span<const uint8_t> payload = whole_;
    if (!assembled_.empty()) payload = {reinterpret_cast<const uint8_t*>(assembled_.data()), assembled_.size()};
    sink_->on_message(opcode == WSLAY_TEXT_FRAME, payload);
    whole_ = {};
    if (assembled_.capacity() > kKeepCapacity) {
        std::string().swap(assembled_);
    } else {
        assembled_.clear();
    }
}

}  // namespace trunkline
