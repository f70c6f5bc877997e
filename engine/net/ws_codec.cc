// wslay's callbacks and the rules it leaves to us (the limit over all fragments, close frames with half a code, and a
// close code where it would close without one); and the short way of whole frames.
#include "engine/net/ws_codec.h"

#include <wslay/wslay.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

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

constexpr size_t kMaskBytes = 4;
constexpr uint8_t kFin = 0x80, kMasked = 0x80;

/// `from` and `to` may be the same bytes.
void apply_mask(const uint8_t* mask, std::span<const uint8_t> from, uint8_t* to) {
    uint64_t wide = 0;
    std::memcpy(&wide, mask, kMaskBytes);
    std::memcpy(reinterpret_cast<uint8_t*>(&wide) + kMaskBytes, mask, kMaskBytes);
    size_t i = 0;
    for (; i + sizeof wide <= from.size(); i += sizeof wide) {
        uint64_t word = 0;
        std::memcpy(&word, from.data() + i, sizeof word);
        word ^= wide;
        std::memcpy(to + i, &word, sizeof word);
    }
    for (; i < from.size(); ++i) to[i] = from[i] ^ mask[i % kMaskBytes];
}

size_t length_bytes(uint64_t payload) { return payload < 126 ? 0 : payload < 65'536 ? 2 : 8; }

constexpr size_t kShortestHeader = 2;

/// The front of a frame, from its first two bytes on.
struct Front {
    explicit Front(std::span<const uint8_t> bytes)
        : control((bytes[0] & 0x08U) != 0),
          coded(bytes[1] & 0x7FU),
          wide(coded < 126 || control ? 0
               : coded == 126         ? 2
                                      : 8),
          mask((bytes[1] & kMasked) ? kMaskBytes : 0) {}

    /// What wslay must get in one piece: the length, and all of a control frame. One with an impossible length it
    /// refuses at once.
    size_t unsplit() const { return kShortestHeader + wide + (control && coded < 126 ? mask + coded : 0); }
    /// Of the whole frame, whose unsplit bytes are there. An impossible length is cut to a possible one: wslay refuses.
    uint64_t size(std::span<const uint8_t> bytes) const {
        uint64_t payload = wide == 0 ? coded : 0;
        for (size_t i = 0; i < wide; ++i) payload = payload << 8 | bytes[kShortestHeader + i];
        return kShortestHeader + wide + mask + (payload & INT64_MAX);
    }

    const bool control;
    const size_t coded, wide, mask;
};

/// 1012 (service restart), 1013 (try again later) and 1014 (bad gateway): registered after the RFC, and after wslay.
bool is_newer(uint16_t code) { return code >= 1012 && code <= 1014; }

bool may_be_sent(uint16_t code) {
    bool registered = code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
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
    while (!bytes.empty() && !stopped_ && !violated_ && !peer_closed_) {
        size_t taken = 0;
        if (frame_left_ > 0) {
            taken = static_cast<size_t>(std::min<uint64_t>(frame_left_, bytes.size()));
            frame_left_ -= taken;
            give(bytes.first(taken));
        } else {
            if (held_.empty() && !in_message_) taken = take_whole_frame(bytes);
            if (taken == 0) taken = hold(bytes);
            if (taken == 0) taken = begin_frame(bytes);
        }
        bytes = bytes.subspan(taken);
    }
    if (stopped_) return Verdict::kGoOn;
    if (peer_closed_) return Verdict::kPeerClosed;
    return violated_ ? Verdict::kViolation : Verdict::kGoOn;
}

void WsCodec::give(std::span<const uint8_t> bytes) {
    input_ = bytes;
    output_waits_ = true;
    const int result = wslay_event_recv(context_);
    input_ = {};
    if (stopped_ || peer_closed_) return;
    if (result != 0) {
        // wslay met a malformed header and queued a close frame without a code; a new context can say 1002.
        const bool closing = wslay_event_get_close_sent(context_) != 0;
        renew_context();
        violated_ = true;
        if (!closing) wslay_event_queue_close(context_, WSLAY_CODE_PROTOCOL_ERROR, nullptr, 0);
    } else if (!wslay_event_get_read_enabled(context_) && !accept_newer_close()) {
        violated_ = true;  // wslay queued 1002, 1007 or 1009
    }
}

void WsCodec::renew_context() {
    wslay_event_context_free(context_);
    make_context();
}

/// wslay takes the newer close codes for a violation: then its answer is thrown away and the right one queued.
bool WsCodec::accept_newer_close() {
    if (violated_ || !in_close_ || close_.size() < 2) return false;
    auto code = static_cast<uint16_t>(static_cast<uint8_t>(close_[0]) << 8 | static_cast<uint8_t>(close_[1]));
    std::string reason = close_.substr(2);
    if (!is_newer(code) || !is_utf8(reason)) return false;
    bool closing = wslay_event_get_close_sent(context_) != 0;
    renew_context();
    if (!closing) wslay_event_queue_close(context_, code, nullptr, 0);
    peer_closed_ = true;
    peer_code_ = code;
    peer_reason_ = std::move(reason);
    return true;
}

/// Keeps the beginning of a frame that is too short for wslay, which judges a close frame by the pieces it comes in.
/// Returns the bytes it took, 0 when none had to be kept.
size_t WsCodec::hold(std::span<const uint8_t> bytes) {
    if (held_.empty() && bytes.size() >= kShortestHeader && bytes.size() >= Front(bytes).unsplit()) return 0;
    size_t taken = 0;
    const auto held = [this] { return std::span(reinterpret_cast<const uint8_t*>(held_.data()), held_.size()); };
    const auto wanted = [&] { return held_.size() < kShortestHeader ? kShortestHeader : Front(held()).unsplit(); };
    while (taken < bytes.size() && held_.size() < wanted()) held_.push_back(static_cast<char>(bytes[taken++]));
    if (held_.size() < wanted()) return taken;
    const std::string whole = std::exchange(held_, {});
    begin_frame({reinterpret_cast<const uint8_t*>(whole.data()), whole.size()});
    return taken;
}

/// Gives wslay what `bytes` has of the frame at its front; at least its header. Returns how much that is.
size_t WsCodec::begin_frame(std::span<const uint8_t> bytes) {
    const uint64_t size = Front(bytes).size(bytes);
    const auto taken = static_cast<size_t>(std::min<uint64_t>(size, bytes.size()));
    frame_left_ = size - taken;
    give(bytes.first(taken));
    return taken;
}

/// Delivers the message at the front of `bytes` when it is one whole frame without any fault. Returns the bytes of the
/// frame, 0 when it is wslay's business.
size_t WsCodec::take_whole_frame(std::span<const uint8_t> bytes) {
    if (bytes.size() < 2) return 0;
    const uint8_t opcode = bytes[0] & 0x7FU;  // with the reserved bits: they must be clear
    const bool text = opcode == WSLAY_TEXT_FRAME;
    if ((bytes[0] & kFin) == 0 || (!text && opcode != WSLAY_BINARY_FRAME)) return 0;
    const bool masked = role_ == Role::kServer;
    if (((bytes[1] & kMasked) != 0) != masked) return 0;
    const size_t coded = bytes[1] & 0x7FU;
    if (coded == 127) return 0;
    const size_t header = 2 + (coded == 126 ? 2U : 0U) + (masked ? kMaskBytes : 0U);
    if (bytes.size() < header) return 0;
    const size_t length = coded == 126 ? static_cast<size_t>(bytes[2] << 8 | bytes[3]) : coded;
    if ((coded == 126 && length < 126) || length > max_message_ || bytes.size() - header < length) return 0;
    std::span<const uint8_t> payload = bytes.subspan(header, length);
    if (masked) {
        assembled_.resize(length);
        auto* const clear = reinterpret_cast<uint8_t*>(assembled_.data());
        apply_mask(bytes.data() + header - kMaskBytes, payload, clear);
        payload = {clear, length};
    }
    if (text && !is_utf8({reinterpret_cast<const char*>(payload.data()), length})) {
        assembled_.clear();
        return 0;
    }
    sink_->on_message(text, payload);
    keep_or_free_assembled();
    return header + length;
}

void WsCodec::stop() {
    stopped_ = true;
    wslay_event_shutdown_read(context_);
}

bool WsCodec::write_message(bool text, std::span<const uint8_t> payload, std::string& out) {
    if (closing_ || stopped_ || violated_ || peer_closed_) return false;
    take_output(out);
    const bool masked = role_ == Role::kClient;
    const size_t wide = length_bytes(payload.size());
    std::array<uint8_t, 14> header{};
    size_t n = 0;
    header[n++] = static_cast<uint8_t>(kFin | (text ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME));
    const size_t coded = wide == 0 ? payload.size() : wide == 2 ? 126U : 127U;
    header[n++] = static_cast<uint8_t>(coded | (masked ? kMasked : 0U));
    for (size_t i = wide; i > 0; --i) header[n++] = static_cast<uint8_t>(uint64_t{payload.size()} >> (8 * (i - 1)));
    if (masked) {
        fill_mask(header.data() + n, kMaskBytes);
        n += kMaskBytes;
    }
    const size_t at = out.size();
    out.resize(at + n + payload.size());
    auto* const frame = reinterpret_cast<uint8_t*>(out.data()) + at;
    std::memcpy(frame, header.data(), n);
    if (masked) {
        apply_mask(frame + n - kMaskBytes, payload, frame + n);
    } else if (!payload.empty()) {
        std::memcpy(frame + n, payload.data(), payload.size());
    }
    return true;
}

bool WsCodec::queue_ping() {
    wslay_event_msg message{WSLAY_PING, nullptr, 0};
    output_waits_ = true;
    return wslay_event_queue_msg(context_, &message) == 0;
}

bool WsCodec::queue_close(uint16_t code, std::string_view reason) {
    if (code != 0 && !may_be_sent(code)) code = WSLAY_CODE_NORMAL_CLOSURE;
    reason = code == 0 ? std::string_view() : cut_reason(reason);
    closing_ = output_waits_ = true;
    return wslay_event_queue_close(context_, code, reinterpret_cast<const uint8_t*>(reason.data()), reason.size()) == 0;
}

void WsCodec::take_output(std::string& out) {
    if (!std::exchange(output_waits_, false)) return;
    output_ = &out;
    wslay_event_send(context_);
    output_ = nullptr;
}

uint16_t WsCodec::sent_close_code() const { return wslay_event_get_status_code_sent(context_); }

void WsCodec::violate(uint16_t code) {
    violated_ = output_waits_ = true;
    wslay_event_queue_close(context_, code, nullptr, 0);
    wslay_event_shutdown_read(context_);
}

void WsCodec::on_frame_start(uint8_t opcode, uint64_t length, bool fin) {
    in_control_ = wslay_is_ctrl_frame(opcode);
    in_close_ = opcode == WSLAY_CONNECTION_CLOSE;
    if (in_control_) {
        if (opcode == WSLAY_CONNECTION_CLOSE && length == 1) violate(WSLAY_CODE_PROTOCOL_ERROR);
        return;
    }
    bool first = opcode != WSLAY_CONTINUATION_FRAME;
    if (first) message_length_ = 0;
    in_message_ = !fin;
    single_frame_ = first && fin;
    frame_length_ = length;
    // A fragment counts for what it costs us, so that a message of endless empty ones has an end too.
    message_length_ += single_frame_ ? length : std::max<uint64_t>(length, kFragmentCost);
    if (message_length_ > max_message_) violate(WSLAY_CODE_MESSAGE_TOO_BIG);
}

void WsCodec::on_chunk(std::span<const uint8_t> chunk) {
    if (in_close_ && close_.size() + chunk.size() <= 125)
        close_.append(reinterpret_cast<const char*>(chunk.data()), chunk.size());
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
    keep_or_free_assembled();
}

void WsCodec::keep_or_free_assembled() {
    if (assembled_.capacity() > kKeepCapacity) {
        std::string().swap(assembled_);
    } else {
        assembled_.clear();
    }
}

}  // namespace trunkline
