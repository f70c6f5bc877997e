#pragma once
// Everything that can be chosen about a simulated Vonage call, faults included. What the protocol's description marks
// as unverified is an option here, its default the better attested reading.
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lab/carrier/form.h"
#include "lab/carrier/hang_up.h"

namespace trunkline::lab::vonage {

/// How the JWT of webhooks and of the media socket is made.
enum class Signing {
    kCorrect,
    kUnsigned,       ///< no Authorization header
    kUnsignedOnce,   ///< the first attempt unsigned, as after an internal fault; the retry is signed
    kWrongSecret,    ///< well-formed, of another secret
    kWrongHash,      ///< payload_hash of another body
    kStale,          ///< iat an hour ago
    kNoApplication,  ///< without application_id, which is optional
    kAlgorithmNone,  ///< alg "none", no signature: must be refused
    kWrongIssuer,    ///< iss is not "Vonage"
    kWrongApiKey,
};

/// What becomes of notifies whose audio was thrown away by a clear (unverified).
enum class NotifyOnClear { kDropped, kReturned };

/// Forms of the key message that were seen.
enum class DtmfForm { kFlat, kNested, kBare };

/// What the called telephone does; of outbound calls.
enum class Callee { kAnswers, kHuman, kMachine, kBusy, kTimeout, kUnanswered, kRejected, kFailed, kCancelled };

/// Whose uuid the events of the media socket carry (unverified). A leg is a participant of its own.
enum class SocketUuid { kLeg, kCall };

struct MediaOptions {
    bool strict = true;            ///< a wrong size ends listening; false: the old module cut long frames
    int stop_listening_ms = 1000;  ///< strict: from the wrong frame to the broken socket
    size_t queue_messages = 3072;  ///< 1024 with old applications
    int read_gap_ms = 0;           ///< reads one message in so many ms at most, as the old module (10); 0: at once
    bool ignore_text = false;      ///< old applications know neither clear nor notify
    bool leading_space = false;    ///< before the { of every text, as the old module
    std::string subprotocol;       ///< offered in the handshake; the old module offers WSBRIDGE
    bool comfort_noise = true;     ///< what the caller hears while the queue is empty; false: digital silence
    NotifyOnClear notify_on_clear = NotifyOnClear::kDropped;
    bool says_cleared = true;    ///< answers clear with websocket:cleared
    int cleared_delay_ms = 0;    ///< websocket:cleared comes so much later
    int clear_delay_ms = 0;      ///< the queue plays on so long after a clear: a round trip
    int connected_delay_ms = 0;  ///< websocket:connected comes so long after the 101
    int early_binary = 0;        ///< audio messages before websocket:connected
    FormFields extra_headers;    ///< further keys of websocket:connected, reserved ones too
    DtmfForm dtmf_form = DtmfForm::kFlat;
    int dtmf_ms = 260;
    std::vector<int> frame_bytes;  ///< sizes of the caller's messages, used in turn; empty: exact 20 ms frames
    int gap_every = 0;             ///< after every nth frame nothing is sent for gap_ms
    int gap_ms = 200;
    int jitter_ms = 0;                    ///< each audio message up to so much late
    int unknown_text_every = 0;           ///< an unknown event before every nth frame
    int send_buffer = 0;                  ///< SO_SNDBUF; 0: the system's
    size_t congestion_bytes = 64U << 10;  ///< unsent bytes above which caller audio is dropped
    uint64_t seed = 1;
    bool keep_audio = true;  ///< false: no recording (load tests)
};

struct EventOptions {
    bool duplicate = false;
    bool reorder = false;               ///< neighbours swapped
    std::set<std::string> omit;         ///< fields left out, "status.field" or "field"
    std::set<std::string> null_fields;  ///< fields that are JSON null
    bool completed_first = false;       ///< on a hang-up the socket is closed only when `completed` has been answered
    bool leg_events = false;            ///< the media socket reports started, answered and completed as well
    SocketUuid socket_uuid = SocketUuid::kLeg;
    int attempts = 2;  ///< in all, on no answer, 429, 503, 504
    int timeout_ms = 5000;
};

struct CallOptions {
    std::string answer_url;
    std::string answer_method = "GET";
    std::string fallback_answer_url;
    std::string event_url;  ///< empty: no events
    std::string event_method = "POST";
    int connect_timeout_ms = 3000;
    int answer_timeout_ms = 5000;
    int answer_attempts = 2;  ///< in all; one page says two retries, which is 3

    std::string signature_secret;  ///< empty: nothing is signed
    std::string api_key = "a1b2c3d4";
    std::string application_id;                  ///< empty: a random one
    Signing signing = Signing::kCorrect;         ///< of webhooks
    Signing socket_signing = Signing::kCorrect;  ///< of sockets with authorization type "vonage"
    bool hash_on_get = false;                    ///< payload_hash of the empty body on GET (unverified)

    std::string uuid;  ///< empty: a random one
    std::string from = "15550100123";
    std::string to = "15550199456";
    FormFields sip_headers;  ///< names begin with "SipHeader_X-"

    /// The address the server believes to have; requests to it and its sockets go to the host of `answer_url`.
    std::string public_url;
    /// "host:port": every media socket is dialed there in plain ws, whatever the uri says.
    std::string dial;
    bool tls_check = true;
    int socket_timeout_ms = 5000;                ///< from dialing a media socket to its 101 (unverified)
    size_t max_header_bytes = 512;               ///< of a websocket endpoint; 0: no limit
    size_t max_uri = 0;                          ///< 50 in 2021; 0: no limit
    bool actions_after_connect_at_once = false;  ///< run when the socket is up, not when its leg ends (field report)

    bool outbound = false;
    Callee callee = Callee::kAnswers;
    int ring_ms = 0;           ///< of outbound calls
    std::string inline_ncco;   ///< instead of answer_url
    std::string input_digits;  ///< what `input` gathers; empty: it times out

    bool wait_actions = true;  ///< `wait` takes its time
    int max_call_ms = 0;       ///< hangs up then; 0: never
    EventOptions events;
    MediaOptions media;
};

}  // namespace trunkline::lab::vonage
