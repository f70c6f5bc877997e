#pragma once
// What the lab saw of one session, with times: for assertions, for people and for reports. No key is ever recorded.
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "lab/speech/listener.h"

namespace trunkline::lab::agent {

/// Something a client must not do. `line` is the line of the conformance checklist, or 0.
struct Violation {
    double at_ms = 0;
    std::string code;  ///< the protocol's error code, or a kebab-case name of the lab's
    int line = 0;
    std::string what;
};

struct ReceivedMessage {
    double at_ms = 0;
    std::string type;  ///< "" when it was not JSON
    std::string text;  ///< as received
};

struct SentMessage {
    double at_ms = 0;
    std::string type;
    std::string text;
};

struct Said {
    double at_ms = 0;  ///< its first audio
    std::string name;
    std::string text;
    size_t bytes_sent = 0;
    size_t bytes_total = 0;
    bool interrupted = false;
};

struct HeardTurn {
    double at_ms = 0;
    Hearing hearing;
};

struct SessionRecord {
    int number = 0;  ///< 1, 2, … in order of connection
    std::string request_id;
    std::string auth_scheme;  ///< "token", "bearer", "subprotocol-token", "subprotocol-bearer"
    double opened_ms = 0;     ///< on the lab's own clock; all other times count from here
    double settings_ms = -1;
    double applied_ms = -1;
    double closed_ms = -1;
    int close_code = 0;  ///< 1006 when the connection just ended
    bool closed_by_client = false;
    std::map<std::string, std::string> details;  ///< of the protocol: ids, what settings say; never a key
    std::vector<ReceivedMessage> received;
    std::vector<SentMessage> sent;
    std::vector<HeardTurn> heard;
    std::vector<Said> said;
    std::vector<Violation> violations;
    int64_t audio_frames_in = 0;
    int64_t audio_bytes_in = 0;
    int64_t audio_frames_out = 0;
    int64_t audio_bytes_out = 0;
    size_t smallest_frame_in = 0;
    size_t largest_frame_in = 0;
    double largest_audio_gap_ms = 0;  ///< between two audio frames of the client
    std::vector<uint8_t> audio_in;    ///< all caller audio as received, up to AgentOptions::keep_audio_in
    std::vector<uint8_t> audio_out;   ///< all agent audio as sent (at most 8 MiB)

    void count_audio_out(size_t bytes);
    void keep_audio_out(std::span<const uint8_t> bytes);
    bool open() const { return closed_ms < 0; }
    bool received_type(const std::string& type) const;
    bool sent_type(const std::string& type) const;
    bool violated(const std::string& code) const;
};

/// One line for people and programs.
struct LabEvent {
    double at_ms = 0;
    int session = 0;
    std::string kind;  ///< handshake, settings, heard, said, function, violation, sent, closed
    std::string text;
    std::string to_json() const;
};

}  // namespace trunkline::lab::agent
