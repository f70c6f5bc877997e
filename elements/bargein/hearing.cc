#include "elements/bargein/hearing.h"

#include <utility>

namespace trunkline::bargein {

HeardFrame Hearing::caller_frame(Frame frame, int64_t now_ns) {
    using Event = SpeechDetector::Event;
    const Event event = detector_.frame(frame, echo_.bound_dbfs(now_ns));
    if (!detector_.active()) echo_.heard_no_speech(detector_.level(), now_ns);
    const int64_t since_onset = detector_.frames() - detector_.onset_frame();
    HeardFrame heard{.now_ns = now_ns};
    heard.onset_ns = now_ns - since_onset * TelephoneFrames::kFrameNs;
    heard.began = event == Event::kBegan;
    heard.speaking = detector_.speaking();
    heard.ended = event == Event::kEnded;
    if (heard.began) {
        heard.speech_ns = since_onset * TelephoneFrames::kFrameNs;
        gap_ = 0;
    } else if (detector_.speaking() && detector_.kind() == SpeechDetector::Kind::kQuiet) {
        ++gap_;
    } else if (detector_.speaking()) {
        // A gap within a word is part of it; a quiet syllable may also be lost under the echo's bound.
        const int bridged = std::exchange(gap_, 0);
        heard.speech_ns = (bridged <= kWordGap ? bridged + 1 : 1) * TelephoneFrames::kFrameNs;
    }
    return heard;
}

}  // namespace trunkline::bargein
