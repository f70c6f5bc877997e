#pragma once
// Caller audio on its way to the agent: cut into the binary messages the agent gets, with what the turn clock wants to
// know of each. Audio is never held longer than one message lasts. Shard thread only.
#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "engine/agent/audio_format.h"
#include "engine/loop/shard.h"

namespace trunkline::agent {

class CallerAudio {
  public:
    /// One message; `ingress_ns` of its last voiced frame (0 = unknown), `voiced`: there was one.
    using Send = std::function<void(std::span<const uint8_t> audio, int64_t ingress_ns, bool voiced)>;

    /// `whole`: every message lasts `chunk`, for agents that want it so. A stream that begins with less begins with
    /// silence, so that later frames need not wait for one another; what stays incomplete for long is filled up with
    /// it.
    CallerAudio(Shard* shard, std::chrono::milliseconds chunk, Send send, bool whole = false);
    ~CallerAudio();

    void set_format(AudioFormat format);
    void frame(std::span<const uint8_t> audio, int64_t ingress_ns);
    /// Nothing was said for so long; the agent hears silence. At most one second of it.
    void silence(std::chrono::milliseconds length);
    void flush();

  private:
    void send_all(std::span<const uint8_t> audio);
    void send_whole();
    uint8_t silent_byte() const { return format_.encoding == AudioFormat::Encoding::kMulaw ? 0xFF : 0x00; }

    Shard* shard_;
    std::chrono::milliseconds chunk_;
    Send send_;
    bool whole_;
    bool fresh_ = true;  ///< nothing of the stream came yet
    AudioFormat format_;
    size_t chunk_bytes_ = 160;
    std::vector<uint8_t> partial_;
    TimerId timer_ = 0;
    int64_t ingress_ns_ = 0;
    bool voiced_ = false;
};

}  // namespace trunkline::agent
