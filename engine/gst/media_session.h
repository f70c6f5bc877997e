#pragma once
// A carrier's media connection as the call sees it. The concrete class belongs to the carrier's element folder
// (elements/twilio/twilio_session.h), whose src and sink share it; the call owns it and it outlives the pipeline.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/net/websocket.h"

namespace trunkline {

class Shard;

/// What the carrier says when its media stream starts.
struct MediaStart {
    std::string stream_id;
    std::string carrier_call_id;
    std::string encoding;                                     ///< "audio/x-mulaw", "audio/l16"
    int rate = 0;                                             ///< Hz
    std::vector<std::pair<std::string, std::string>> params;  ///< custom parameters, as sent
    bool params_mixed =
        false;  ///< the carrier's own fields may be among them: names the graph does not know are no error
};

/// Why a media session is over, in the words of `calls.end_reason`.
struct MediaEnd {
    std::string reason;   ///< "caller-hangup", "media-closed", "media-lost", "media-timeout", "protocol-error", …
    std::string who;      ///< caller, agent, api, limit, error
    bool failed = false;  ///< true: not a normal end
    std::string detail;
};

struct MediaStats {
    uint64_t frames_in = 0, frames_out = 0, bytes_in = 0, bytes_out = 0;
    uint64_t dropped_in = 0;  ///< caller frames that found no room before the pipeline ran
    int64_t dropped_out_ms =
        0;                  ///< audio for the caller that was given up: the carrier did not read, or too much waited
    int64_t played_ms = 0;  ///< what the caller has heard, by the carrier's marks
};

class MediaSession {
  public:
    class Listener {
      public:
        virtual ~Listener() = default;
        /// Once. The listener checks the binding and either calls begin() later or close().
        virtual void on_media_start(const MediaStart& start) = 0;
        /// Once, the last call; the session may be destroyed only from a deferred task.
        virtual void on_media_end(const MediaEnd& end) = 0;
    };
    virtual ~MediaSession() = default;
    virtual const char* carrier() const = 0;  ///< "twilio", "vonage"
    /// The pipeline plays: hands over what was held and lets audio through.
    virtual void begin() = 0;
    /// Ends from our side with a close frame (harmless when the socket is gone already); on_media_end() does not
    /// follow. `closed` runs once, in a later loop turn, when the socket is gone: then the session may be destroyed.
    virtual void close(uint16_t code, std::string_view reason, std::function<void()> closed) = 0;
    /// True while the caller has not yet heard everything that was given to him.
    virtual bool unheard() const = 0;
    virtual MediaStats stats() const = 0;
};

/// Makes the session of one carrier for a socket that was just upgraded; main.cc gives these to the call manager.
using MediaSessionFactory = std::function<std::unique_ptr<MediaSession>(Shard* shard, std::unique_ptr<WebSocket> socket,
                                                                        MediaSession::Listener* listener)>;

}  // namespace trunkline
