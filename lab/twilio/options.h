#pragma once
// Everything that can be chosen about a simulated Twilio call, faults included.
#include <cstdint>
#include <string>
#include <vector>

#include "lab/carrier/hang_up.h"
#include "lab/twilio/signature.h"

namespace trunkline::lab {

/// How X-Twilio-Signature is made.
enum class SignatureMode {
    kCorrect,
    kWrong,        ///< well-formed, of another token
    kMissing,      ///< no header
    kWithPort,     ///< over the URL with its port written out; servers accept it on webhooks
    kHttpsScheme,  ///< over https:// where the URL says wss://; servers must refuse it
};

/// When `connected`, `start` and the first audio leave in one segment.
enum class Coalesce { kNo, kBehindRequest, kBehindResponse };

struct MediaFaults {
    int start_delay_ms = 0;
    bool skip_connected = false;
    bool skip_start = false;  ///< media without any `start`
    Coalesce coalesce = Coalesce::kNo;
    int coalesced_media = 50;                ///< audio messages behind a coalesced `start`
    int clear_delay_ms = 0;                  ///< the queue plays on so long after a `clear`: a round trip
    int cleared_mark_delay_ms = 0;           ///< marks returned by a `clear` arrive so much later
    int mark_delay_ms = 0;                   ///< every mark arrives so much later
    std::vector<int> payload_bytes = {160};  ///< used in turn; 0 is an empty payload
    bool outbound_track = false;             ///< also sends what the caller hears, as track "outbound"
    int bad_base64_every = 0;                ///< every nth audio message carries garbage
    int unknown_event_every = 0;             ///< an unknown event before every nth audio message
    bool counters_as_numbers = false;        ///< JSON numbers where Twilio writes strings
    bool start_twice = false;
    std::string start_call_sid;        ///< another CallSid in `start`
    bool override_parameters = false;  ///< `start_parameters` instead of what the TwiML says
    FormFields start_parameters;
};

struct TwilioCallOptions {
    std::string webhook_url;
    std::string webhook_method = "POST";
    std::string fallback_url;  ///< asked when the webhook fails or takes longer than 15 s
    int webhook_timeout_ms = 15000;
    std::string auth_token;
    std::string account_sid;  ///< empty: a random one
    std::string call_sid;     ///< empty: a random one
    std::string from = "+15550100123";
    std::string to = "+15550199456";
    FormFields extra_fields = {{"StirVerstat", "TN-Validation-Passed-A"}, {"X-Lab-Unheard-Of", "über & out"}};

    /// The address the server believes to have ("https://voice.example.com"): it is signed and resolved against, while
    /// connections go to the host of `webhook_url`. Empty: the webhook's own.
    std::string public_url;
    /// "host:port": every media socket is dialed there in plain ws, whatever the URL says. Signed is the URL.
    std::string dial;
    bool allow_plain = false;  ///< accepts ws:// in TwiML, which the real carrier refuses (31922)
    bool tls_check = true;

    SignatureMode webhook_signature = SignatureMode::kCorrect;
    SignatureMode stream_signature = SignatureMode::kCorrect;

    std::string status_callback;  ///< empty: none
    std::vector<std::string> status_events = {"initiated", "ringing", "answered", "completed"};
    bool reorder_status = false;    ///< neighbours swapped
    bool duplicate_status = false;  ///< each one twice

    int jitter_ms = 0;  ///< each audio message up to so much late
    uint64_t seed = 1;
    bool keep_audio = true;               ///< false: no recording (load tests)
    bool wait_pauses = true;              ///< <Pause> takes its time
    int max_call_ms = 0;                  ///< hangs up then; 0: never
    int send_buffer = 0;                  ///< SO_SNDBUF of the media socket; 0: the system's
    size_t congestion_bytes = 64U << 10;  ///< unsent bytes above which caller audio is dropped (31930)
    size_t max_queued_audio = 4'800'000;  ///< bytes of agent audio the queue holds (31931): ten minutes
    MediaFaults faults;
};

}  // namespace trunkline::lab
