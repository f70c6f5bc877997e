#pragma once
// All that is known of a call, live and afterwards. Samples count from the start of their stream; times in `_ms` are
// milliseconds since the call began, negative while it has not happened.
#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/result.h"
#include "lab/carrier/ear.h"
#include "lab/carrier/violation.h"
#include "lab/speech/pcm.h"

namespace trunkline::lab {

/// How a mark (Twilio) or a notify (Vonage) came back.
enum class MarkEcho { kPending, kPlayed, kAtOnce, kCleared };
const char* to_string(MarkEcho how);

struct MarkRecord {
    std::string name;
    double received_ms = -1;
    double echoed_ms = -1;  ///< when it was sent back
    MarkEcho how = MarkEcho::kPending;
};

struct SaidSpan {
    std::string name;    ///< as given to say()
    int64_t first = -1;  ///< sample at which it began; -1: still waiting for its turn
    int64_t last = -1;   ///< one past its end; -1: not done
    double begun_ms = -1;
    double done_ms = -1;
};

struct StreamResult {
    std::string stream_sid;
    std::string dialed_url;
    bool bidirectional = true;
    double dialed_ms = -1;
    double opened_ms = -1;   ///< 101 arrived
    bool started = false;    ///< the media runs; its sample 0 may lie before the call when audio was collected ahead
    double started_ms = -1;  ///< `start` was sent; sample 0
    double ended_ms = -1;
    int http_status = 0;     ///< of a refused upgrade
    std::string end_reason;  ///< "hung-up", "server-closed", "refused", "protocol-error", "lost"; empty while alive
    uint16_t server_close_code = 0;
    uint64_t sequence = 0;  ///< last sequenceNumber sent
    uint64_t media_sent = 0;
    uint64_t media_dropped = 0;  ///< caller audio lost to congestion
    uint64_t media_received = 0;
    uint64_t bytes_received = 0;      ///< of agent audio
    uint64_t media_overflowed = 0;    ///< agent audio messages lost to a full queue (Vonage)
    size_t queued_messages_most = 0;  ///< the longest the queue ever was (Vonage)
    size_t underruns = 0;             ///< the queue ran dry for 20 to 100 ms: audible as a stutter (Vonage)
    size_t keys_waiting = 0;          ///< pressed, not sent yet
    int pings = 0;
    int fragmented_messages = 0;
    std::vector<double> clears_ms;
    std::vector<double> media_ms;  ///< arrival of every audio message; only with keep_audio
    std::vector<MarkRecord> marks;
    std::vector<SpeechSpan> agent_speech;
    std::vector<SaidSpan> said;
    int64_t played = 0;           ///< samples since the start
    int64_t last_audible = -1;    ///< last sample of the agent that could be heard
    size_t queued = 0;            ///< bytes waiting to be played
    std::vector<uint8_t> heard;   ///< μ-law, what the caller heard, silence included
    std::vector<uint8_t> spoken;  ///< μ-law, what the caller sent
    int rate = kTelephoneRate;    ///< of the wire; positions above count 8 kHz samples whatever it is
    Samples heard_pcm;            ///< the same as it was played, at `rate`; only of carriers that send linear audio
    Samples spoken_pcm;           ///< as it was sent, at `rate`

    bool ended() const { return ended_ms >= 0; }
    bool agent_speaking() const { return !agent_speech.empty() && agent_speech.back().open; }
    int clears() const { return static_cast<int>(clears_ms.size()); }
    int marks_echoed() const;
    const MarkRecord* mark(const std::string& name) const;
    double ms_of(int64_t sample) const { return started_ms + static_cast<double>(sample) / 8.0; }
};

struct TimelineEvent {
    double at_ms = 0;
    std::string kind;  ///< "webhook", "twiml", "verb", "stream", "agent-speaks", "clear", "mark", "say", "call", …
    std::string detail;
};

struct StatusCallback {
    int sequence = 0;
    std::string status;
    int http_status = 0;  ///< of the answer; 0: none yet
};

struct CallResult {
    std::string call_sid;
    std::string account_sid;
    std::string status = "queued";  ///< queued, initiated, ringing, in-progress, completed, busy, no-answer, failed
    std::string end_reason;         ///< for people; empty while the call lives
    bool ended = false;
    double duration_ms = 0;          ///< from answer to end
    double webhook_ms = -1;          ///< how long the first webhook took
    std::vector<std::string> verbs;  ///< executed, in order: "Say Hello", "Connect", "Hangup"
    std::vector<StreamResult> streams;
    std::vector<Violation> violations;
    std::vector<TimelineEvent> timeline;
    std::vector<StatusCallback> status_callbacks;

    /// The last bidirectional stream, or an empty one when there is none yet.
    const StreamResult& stream() const;
    const Violation* violation(int code) const;  ///< first of that code, else null
};

/// Stereo, at the rate of the first stream: left what the caller said, right what the caller heard; all streams at
/// their place in the call.
Status write_call_wav(const std::string& path, const CallResult& call);
/// Everything but the audio, as one JSON object.
std::string call_to_json(const CallResult& call);

}  // namespace trunkline::lab
