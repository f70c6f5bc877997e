// What a media stream says, and what it makes of what it is told.
#include "lab/twilio/media_stream.h"

#include <algorithm>

#include "engine/core/clock.h"
#include "lab/twilio/violation.h"

namespace trunkline::lab {
namespace {

constexpr int64_t kMs = 1'000'000;
constexpr size_t kUsualFrame = 160;

constexpr LegCodes kCodes{.no_answer = kStreamNoAnswer,
                          .refused = kStreamRefused,
                          .tls = kStreamTls,
                          .handshake = kStreamHandshake,
                          .broken = kStreamBroken,
                          .closed = kStreamClosedByServer,
                          .protocol = kStreamProtocol,
                          .congestion = kStreamCongestion};

LegOptions leg_options(const TwilioCallOptions& o) {
    return {.codes = kCodes,
            .wire = {},
            .jitter_ms = o.jitter_ms,
            .seed = o.seed,
            .clear_delay_ms = o.faults.clear_delay_ms,
            .congestion_bytes = o.congestion_bytes,
            .keep_audio = o.keep_audio};
}

}  // namespace

MediaStream::MediaStream(LegOwner& owner, StreamPlan plan, WsDial dial, const TwilioCallOptions& options)
    : MediaLeg(owner, std::move(dial), leg_options(options)),
      plan_(std::move(plan)),
      options_(options),
      writer_(plan_.identity, options.faults.counters_as_numbers),
      player_([this](auto bytes) { agent().heard(bytes); },
              [this](const std::string& name, MarkEcho how) { return_mark(name, how); }, options.max_queued_audio) {}

void MediaStream::dialing(WsDial& dial) {
    if (options_.faults.coalesce != Coalesce::kBehindRequest) return;
    collect_from_now();
    dial.texts_behind_request = opening_messages();
    result().started_ms = call_ms();
}

void MediaStream::opened() {
    const auto& f = options_.faults;
    if (f.coalesce == Coalesce::kNo) {
        if (!f.skip_connected) write(MessageWriter::connected());
        return begin_after(f.start_delay_ms);
    }
    if (f.coalesce == Coalesce::kBehindResponse) {
        socket().cork();
        for (const auto& text : opening_messages()) send(text);
        socket().uncork();
    }
    run();
}

void MediaStream::begin() {
    if (!options_.faults.skip_start) {
        const std::string start = start_message();
        write(start);
        if (options_.faults.start_twice) write(start);
    }
    run();
}

std::string MediaStream::start_message() {
    const auto& f = options_.faults;
    return writer_.start(plan_.tracks, f.override_parameters ? f.start_parameters : plan_.parameters, f.start_call_sid);
}

std::vector<std::string> MediaStream::opening_messages() {
    const auto& f = options_.faults;
    std::vector<std::string> texts;
    if (!f.skip_connected) texts.push_back(MessageWriter::connected());
    if (!f.skip_start) texts.push_back(start_message());
    for (int i = 0; i < f.coalesced_media; ++i) texts.push_back(next_audio_message());
    result().sequence = writer_.sequence();
    return texts;
}

void MediaStream::write(const std::string& text) {
    send(text);
    result().sequence = writer_.sequence();
}

size_t MediaStream::message_samples() const {
    const size_t bytes = caller().in_turn(options_.faults.payload_bytes, kUsualFrame);
    return bytes == 0 ? kUsualFrame : bytes;  // an empty message stands where a usual one would
}

void MediaStream::send_audio() {
    if (caller().every(options_.faults.unknown_event_every)) write(writer_.unknown_event());
    if (!congested()) return write(next_audio_message());
    caller().next(kUsualFrame);
    audio_dropped();
}

std::string MediaStream::next_audio_message() {
    const auto& f = options_.faults;
    const int64_t timestamp = caller().spoken() / 8;
    const bool empty = caller().in_turn(f.payload_bytes, kUsualFrame) == 0;
    const bool garbage = caller().every(f.bad_base64_every);
    std::vector<uint8_t> frame = caller().next(message_samples());
    if (empty) frame.clear();
    ++result().media_sent;
    const bool listens = plan_.tracks.front() == "inbound";
    if (f.outbound_track || plan_.tracks.size() > 1 || !listens) {
        // What the caller hears: for this stream that is silence, or the echo of its own queue.
        std::vector<uint8_t> echo(frame.size(), kUlawSilence);
        const auto& all = result().heard;
        if (all.size() >= echo.size()) std::copy(all.end() - static_cast<long>(echo.size()), all.end(), echo.begin());
        std::string outbound = writer_.media("outbound", ++chunk_, timestamp, echo);
        if (!listens) return outbound;
        write(outbound);
    }
    if (garbage) return writer_.media_raw("inbound", ++chunk_, timestamp, "%%% not base64 %%%");
    return writer_.media("inbound", ++chunk_, timestamp, frame);
}

void MediaStream::receive(const WsEvent& message) {
    if (message.kind == WsEvent::Kind::kBinary) {
        if (!plan_.bidirectional) return protocol_error("a binary message on a unidirectional stream");
        return warn_once(kStreamUndecodable, "a binary message of " + std::to_string(message.data.size()) +
                                                 " bytes; all messages are JSON text");
    }
    if (leaving()) return;
    if (!plan_.bidirectional)
        return protocol_error("a message on a unidirectional stream: " + message.data.substr(0, 80));
    if (!running()) return warn_once(kStreamInvalidMessage, "a message before 'start', when no streamSid is known");
    take(message);
}

void MediaStream::apply(const WsEvent& message) {
    auto told = read_server_message(message.data, plan_.identity.stream_sid);
    if (!told) return warn_once(told.error().code, std::move(told.error().message));
    switch (told->kind) {
        case ServerMessage::Kind::kClear:
            return agent().cleared(static_cast<int64_t>(player_.queued()) / 8, [this] { player_.clear(); });
        case ServerMessage::Kind::kMark:
            agent().mark_came(told->mark);
            return player_.mark(told->mark);
        case ServerMessage::Kind::kMedia:
            return apply_media(std::move(told->audio));
    }
}

void MediaStream::apply_media(std::vector<uint8_t> audio) {
    agent().came(audio.size());
    const size_t lost = player_.push(std::move(audio));
    result().queued = player_.queued();
    if (lost == 0) return;
    warn_once(kStreamQueueFull, std::to_string(lost) + " bytes discarded: more than " +
                                    std::to_string(options_.max_queued_audio / kTelephoneRate) +
                                    " s of audio are queued");
}

void MediaStream::return_mark(const std::string& name, MarkEcho how) {
    int delay = options_.faults.mark_delay_ms;
    if (how == MarkEcho::kCleared) delay = std::max(delay, options_.faults.cleared_mark_delay_ms);
    later(delay, [this, name, how] {
        agent().mark_returned(name, how);
        write(writer_.mark(name));
    });
}

void MediaStream::play(int64_t now_ns) {
    player_.advance((now_ns - zero_ns()) * 8 / kMs);
    result().queued = player_.queued();
}

int64_t MediaStream::next_due_ns() const {
    const int64_t mark = player_.next_mark();
    return mark < 0 ? INT64_MAX : zero_ns() + (mark * kMs + 7) / 8;
}

}  // namespace trunkline::lab
