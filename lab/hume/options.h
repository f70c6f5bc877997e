#pragma once
// Everything `lab hume` can be told: where it listens, how strict it is, what it says, how long it thinks, what it
// breaks. Plain data, so that a test, a command line and a YAML file fill the same struct.
#include <string>

#include "engine/core/result.h"
#include "lab/agent/faults.h"
#include "lab/agent/options.h"

namespace trunkline::lab::hume {

/// The session begins with chat_metadata.
struct Faults : agent::CommonFaults {
    Faults() { error_code = "E0300"; }
    int refuse_status = 0;  ///< the handshake is answered with this HTTP status
    int refuse_first = -1;  ///< … but only so many of them; negative: all
    bool never_metadata = false;
    bool text_after_audio = false;     ///< assistant_message after its audio
    bool interruption_object = false;  ///< `time` of user_interruption is an object
    // Of audio_output:
    bool out_of_order = false;     ///< neighbouring indexes swapped
    int skip_index = -1;           ///< this index of each id is never sent
    bool duplicate_index = false;  ///< each one twice
    bool repeat_header = false;    ///< a second RIFF header stands at the beginning of the data
    bool list_chunk = false;       ///< a LIST chunk before `data`
    bool odd_bytes = false;        ///< samples cut in two: one byte is carried over to the next message
    bool trailing_bytes = false;   ///< bytes after the data chunk that belong to none
    int data_size = -1;            ///< written into the data chunk's header: 0 stands for 0, 1 for 0xFFFFFFFF
};

/// `key=value` with the names above ("drop_at_ms=500", "garbage=true"). Codes: unknown-fault (names all), bad-fault.
Status set_fault(Faults& faults, const std::string& assignment);

struct HumeOptions : agent::AgentOptions {
    HumeOptions() {
        agent = "hume";
        port = 8766;
        latency.total = {300, 0.35};
        latency.greeting_ms = 300;
        pacing = {200, 400, 5.0};  // frame_ms is the length of one audio_output
        end_of_turn_ms = 800;
        error_close_code = 1008;
    }
    std::string access_token;    ///< empty: any token
    bool auth_in_header = true;  ///< false: credentials count in the query alone
    Faults faults;
    int output_rate = 48000;
    int min_interruption_ms = 800;        ///< speech over a reply shorter than this is no interruption
    bool murmurs_are_turns = false;       ///< such short speech still becomes a user_message and is answered
    int interim_every_ms = 500;           ///< of speech, with verbose_transcription
    bool message_prosody = true;          ///< models.prosody in assistant_message
    bool assistant_prosody = true;        ///< the assistant_prosody message
    bool end_after_interruption = false;  ///< assistant_end of an interrupted reply
    bool pause_stops_speech = false;      ///< pause_assistant_message also ends the sentence being spoken
    bool greet_resumed = false;           ///< greeting although resumed_chat_group_id was given
    int tool_wait_ms = 10000;             ///< an unanswered tool call is given up after this long
    double inactivity_s = 120;            ///< nobody has spoken or typed for so long; 0: no limit
    std::string inactivity_line;          ///< said then; the chat ends after the grace time
    double inactivity_grace_s = 15;
    double max_duration_s = 1800;  ///< 0: no limit
    int limit_close_code = 1000;
    std::string inactivity_code = "E0716";    ///< of the error before it; empty: none
    std::string max_duration_code = "E0717";  ///< likewise
    int max_chats = 0;                        ///< one more gets an error and is closed; 0: no limit
    std::string max_chats_code = "E0700";
    size_t max_message_bytes = 16U << 20;  ///< a larger one closes with 1009
    int max_chunk_ms = 2000;               ///< more audio in one message: E0203, as a whole file E0723
    int max_gap_ms = 1000;                 ///< between two audio messages; a longer one is recorded; 0: not looked at
};

}  // namespace trunkline::lab::hume
