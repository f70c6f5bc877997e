#include "elements/vonage/vonage_session.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace trunkline::vonage {
namespace {

constexpr size_t kMaxEarly = 48'000;  // a second at the highest rate

/// A `clear` must overtake all but a few frames, so little may wait in the kernel either: what is on its way for 200 ms
/// at 24 kHz, and less than half of that unsent.
void bound_buffers(int fd) {
    const int in_flight = 16 << 10, unsent = 4 << 10;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &in_flight, sizeof in_flight);
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);  // no TCP (a socket pair): no matter
}

/// Samples are two bytes: half a one at the end of a message is left out, so that the next message is not swapped.
std::span<const uint8_t> whole_samples(std::span<const uint8_t> audio) {
    return audio.first(audio.size() - audio.size() % 2);
}

}  // namespace

VonageSession::VonageSession(Shard* shard, std::unique_ptr<WebSocket> socket, Listener* listener,
                             const SessionOptions& options)
    : LineSession(shard, std::move(socket), listener, options) {
    bound_buffers(this->socket().fd());
}

void VonageSession::on_text(std::string_view text) {
    if (ended()) return;
    const auto message = parse(text);
    if (!message) {
        ignore(message.error().message);
        return;
    }
    switch (message->kind) {
        case EventKind::kConnected:
            on_connected(text);
            break;
        case EventKind::kDtmf:
            if (started()) caller_digit(message->digit);
            break;
        case EventKind::kNotify:
            if (started()) mark_back(message->mark);
            break;
        case EventKind::kMediaUpdate:
            expect_media(message->active);
            break;
        case EventKind::kCleared:  // nothing waits for it: what follows a clear in order needs no answer
        case EventKind::kUnknown:
            break;
    }
}

void VonageSession::on_connected(std::string_view text) {
    if (started()) return;
    auto connected = parse_connected(text);
    if (!connected) {
        refuse("bad websocket:connected", {"protocol-error", "error", true, connected.error().message});
        return;
    }
    MediaStart begin;
    begin.stream_id = connected->leg;
    begin.carrier_call_id = connected->leg;
    begin.encoding = "audio/l16";
    begin.rate = connected->rate;
    begin.params = std::move(connected->headers);
    begin.params_mixed = true;
    const std::vector<uint8_t> early = std::exchange(early_, {});
    start(begin, line::Format::l16(connected->rate));
    if (started() && !ended()) caller_audio(early);
}

void VonageSession::on_binary(std::span<const uint8_t> message) {
    if (ended()) return;
    const auto audio = whole_samples(message);
    if (started()) {
        caller_audio(audio);
    } else {
        early_.insert(early_.end(), audio.begin(),
                      audio.begin() + static_cast<std::ptrdiff_t>(std::min(audio.size(), kMaxEarly - early_.size())));
    }
}

bool VonageSession::takes_media() const {
    return LineSession::takes_media() && socket().pending_bytes() <= 2 * format().frame;
}

bool VonageSession::send_media(std::span<const uint8_t> frame) {
    if (!may_send() || frame.size() != format().frame) return false;
    if (!socket().send_binary(frame)) return false;
    count_sent(frame.size());
    return true;
}

bool VonageSession::send_mark(std::string_view name) {
    if (!may_send()) return false;
    out_.clear();
    write_notify(name, out_);
    return socket().send_text(out_);
}

bool VonageSession::send_clear() {
    if (!may_send()) return false;
    out_.clear();
    write_clear(out_);
    return socket().send_text(out_);
}

}  // namespace trunkline::vonage
