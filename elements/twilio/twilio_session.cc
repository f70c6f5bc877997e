#include "elements/twilio/twilio_session.h"

namespace trunkline::twilio {
namespace {

constexpr size_t kMaxMessage = 4000;  // 500 ms in one media message

}  // namespace

void TwilioSession::on_text(std::string_view text) {
    if (ended()) return;
    auto message = parse(text);
    if (!message) {
        ignore(message.error().message);
        return;
    }
    switch (message->kind) {
        case EventKind::kMedia:
            on_media(*message);
            break;
        case EventKind::kMark:
            if (message->stream_sid == stream_id()) mark_back(message->text);
            break;
        case EventKind::kDtmf:
            caller_digit(message->text[0]);
            break;
        case EventKind::kStart:
            on_start(text);
            break;
        case EventKind::kStop:
            end({"caller-hangup", "caller", false, "stop message"});
            break;
        case EventKind::kConnected:
        case EventKind::kUnknown:
            break;
    }
}

void TwilioSession::on_start(std::string_view text) {
    if (started()) return;
    auto start = parse_start(text);
    if (!start) {
        refuse("bad start message", {"protocol-error", "error", true, start.error().message});
        return;
    }
    listen_only_ = start->outbound;
    LineSession::start({start->stream_sid, start->call_sid, start->encoding, start->rate, std::move(start->params)},
                       line::Format::mulaw(kMaxMessage));
}

void TwilioSession::on_media(const Message& message) {
    if (!started() || message.stream_sid != stream_id()) return;
    if (message.outbound_track) {
        media_came();
    } else {
        caller_audio(message.audio);
    }
}

bool TwilioSession::send() { return socket().send_text(out_); }

bool TwilioSession::send_media(std::span<const uint8_t> mulaw) {
    if (!may_speak() || mulaw.empty()) return false;
    out_.clear();
    write_media(stream_id(), mulaw, out_);
    if (!send()) return false;
    count_sent(mulaw.size());
    return true;
}

bool TwilioSession::send_mark(std::string_view name) {
    if (!may_speak()) return false;
    out_.clear();
    write_mark(stream_id(), name, out_);
    return send();
}

bool TwilioSession::send_clear() {
    if (!may_speak()) return false;
    out_.clear();
    write_clear(stream_id(), out_);
    return send();
}

}  // namespace trunkline::twilio
