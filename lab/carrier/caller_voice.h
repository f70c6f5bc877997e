#pragma once
// What the caller says on a media leg: utterances one after the other, silence between them, cut into messages in the
// form of the wire.
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "lab/carrier/leg_owner.h"
#include "lab/carrier/wire_format.h"

namespace trunkline::lab {

/// What the caller says, in the forms carriers want it; both 8 kHz.
struct Utterance {
    const std::string& name;
    const Samples& samples;
    const std::vector<uint8_t>& ulaw;
};

class CallerVoice {
  public:
    CallerVoice(LegBook book, WireFormat wire, bool keep_audio) : book_(book), wire_(wire), keep_audio_(keep_audio) {}

    /// After whatever is still being said. False when there is nothing to say.
    bool say(const Utterance& utterance);
    /// Ends what is being said and waits to be said.
    void be_quiet();
    /// The next audio in the form of the wire. One call for each message.
    std::vector<uint8_t> next(size_t samples);

    int64_t spoken() const { return spoken_; }  ///< samples at the wire's rate, silence included
    /// True for every nth message, about the next one; never for 0.
    bool every(int n) const { return n > 0 && (messages_ + 1) % static_cast<uint64_t>(n) == 0; }
    /// Sizes used in turn, message by message; `usual` when there are none.
    size_t in_turn(const std::vector<int>& sizes, size_t usual) const {
        return sizes.empty() ? usual : static_cast<size_t>(sizes[messages_ % sizes.size()]);
    }

  private:
    struct Speech {
        size_t said;  // index into StreamResult::said
        std::vector<uint8_t> audio;
        size_t at = 0;
    };
    void speak(std::vector<uint8_t>& audio);
    void record(const std::vector<uint8_t>& audio);
    int64_t position(int64_t wire_samples) const { return wire_samples / wire_.step(); }

    const LegBook book_;
    const WireFormat wire_;
    const bool keep_audio_;
    std::deque<Speech> speeches_;
    int64_t spoken_ = 0;
    uint64_t messages_ = 0;
};

}  // namespace trunkline::lab
