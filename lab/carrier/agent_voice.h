#pragma once
// What comes of the agent on a media leg, and what of it the caller hears: counted, judged by the ear, recorded.
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "lab/carrier/ear.h"
#include "lab/carrier/leg_owner.h"
#include "lab/carrier/wire_format.h"

namespace trunkline::lab {

class AgentVoice {
  public:
    AgentVoice(LegBook book, WireFormat wire, bool keep_audio)
        : book_(book), wire_(wire), keep_audio_(keep_audio), to_telephone_(wire.rate, kTelephoneRate) {}

    /// A message with so much audio.
    void came(size_t bytes);
    void mark_came(const std::string& name);
    void mark_returned(const std::string& name, MarkEcho how);
    /// A clear: `empty` throws the queue away, which held so much.
    void cleared(int64_t queued_ms, const std::function<void()>& empty);
    /// What was played, in order and without a gap: μ-law, or linear at the wire's rate.
    void heard(std::span<const uint8_t> ulaw);
    void heard(const Samples& linear);

  private:
    void follow(Ear::Change change);
    void tell(Ear::Change change);

    const LegBook book_;
    const WireFormat wire_;
    const bool keep_audio_;
    Ear ear_;
    StreamResampler to_telephone_;  // for listeners, who know 8 kHz
};

}  // namespace trunkline::lab
