#pragma once
// Earned transcripts. A Listener hears a stream of 8 kHz samples, finds where somebody speaks, and names what was said
// only if the sound correlates, sample for sample over its whole length, with a recording it knows. Spoilt audio (lost,
// repeated, reordered frames, wrong gain, dropped samples, swapped bytes, padding with the wrong byte) is
// unintelligible.
//
//   heard samples → SpeechDetector → turn (samples of one utterance or several) → KnownSpeech::identify → Hearing
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "lab/speech/detector.h"
#include "lab/speech/library.h"

namespace trunkline::lab {

enum class Verdict {
    kClean,     ///< the whole recording, undamaged
    kCutShort,  ///< a clean beginning, then silence or another utterance: what an interrupted listener hears
    kSpoilt,    ///< a known recording, damaged: `reason` says how
    kUnknown,   ///< speech that is no known recording
};
const char* to_string(Verdict verdict);

struct MatchLimits {
    double min_correlation = 0.9;  ///< of every 20 ms window in which the recording speaks
    double max_gain_db = 1.0;      ///< either way
    int max_bad_windows = 0;       ///< windows that may fail before the utterance is spoilt
    bool narrow = false;           ///< compares below 3.3 kHz: for what was resampled on its way
};

/// One utterance found in what was heard. Positions count heard samples from the start of the stream.
struct Match {
    Verdict verdict = Verdict::kUnknown;
    std::string name;          ///< recording; the nearest one when spoilt, empty when unknown
    std::string text;          ///< its transcript; empty unless clean or cut short
    int64_t begin = 0;         ///< where the recording's sample 0 lies; may precede the turn's first sample
    int64_t end = 0;           ///< one past the last heard sample that belongs to it
    double correlation = 0;    ///< mean over the speaking windows that were compared
    double worst = 0;          ///< the worst of them
    double gain_db = 0;        ///< heard relative to recorded
    int windows = 0;           ///< speaking windows compared
    int bad_windows = 0;       ///< of these, how many failed
    int missing_samples = 0;   ///< lost inside (positive) or inserted (negative), as far as it could be measured
    double heard_seconds = 0;  ///< of the recording
    std::string reason;        ///< for people: "2 of 130 windows damaged, first at 1.24 s: 160 samples missing"
};

/// What one turn of speech was.
struct Hearing {
    int64_t begin = 0;  ///< first speaking sample of the turn, in heard samples from the start of the stream
    int64_t end = 0;    ///< one past the last
    std::vector<Match> matches;

    bool intelligible() const;  ///< every match clean
    /// Transcripts joined by a space, or "[unintelligible]" when any part is not clean.
    std::string transcript() const;
    /// Names joined by "+", or "" when not intelligible.
    std::string name() const;
    std::string reason() const;  ///< of the first match that is not clean; empty when all are
};

/// A set of recordings, indexed by their energy envelopes. Thread-safe; shared by all listeners of a scenario.
class KnownSpeech {
  public:
    KnownSpeech();
    ~KnownSpeech();
    void add(const RecordingPtr& recording);  ///< twice is once
    size_t size() const;

    /// Names what is in `turn` (heard samples, starting at stream position `at`). Tries one recording after another
    /// until no speech is left over. Never empty when the turn holds speech.
    std::vector<Match> identify(std::span<const int16_t> turn, int64_t at, const MatchLimits& limits = {}) const;

  private:
    struct Entry;
    using Index = std::vector<std::shared_ptr<const Entry>>;
    std::shared_ptr<const Index> snapshot() const;
    mutable std::mutex mutex_;
    std::shared_ptr<const Index> index_;
};

struct ListenerOptions {
    DetectorOptions detector;
    MatchLimits limits;
    double gain = 1;          ///< samples are divided by it before anything else
    int pre_roll_ms = 300;    ///< kept before the detected onset
    int max_turn_ms = 90000;  ///< a longer one is cut here and judged
};

/// One stream. Not thread-safe.
class Listener {
  public:
    Listener(std::shared_ptr<const KnownSpeech> known, ListenerOptions options = {});
    /// Called at detected onset, with the stream position of the onset.
    std::function<void(int64_t at)> on_speech;
    /// Called when a turn is over.
    std::function<void(const Hearing&)> on_hearing;

    void hear(std::span<const int16_t> samples);
    /// The stream is over: judges a turn that is still open.
    void finish();
    void narrow(bool on) { options_.limits.narrow = on; }  ///< as in MatchLimits, for turns judged from now on
    bool speaking() const { return detector_.speaking(); }
    int64_t last_loud() const { return detector_.last_loud(); }  ///< one past the last loud frame
    /// What has been heard of the turn that is still open; nothing when there is none. Costs as much as the judgement.
    Hearing so_far() const;
    int64_t position() const { return position_; }  ///< samples heard so far

  private:
    void judge();
    std::shared_ptr<const KnownSpeech> known_;
    ListenerOptions options_;
    SpeechDetector detector_;
    Samples turn_;         // pre-roll, then the turn being heard
    int64_t turn_at_ = 0;  // stream position of turn_[0]
    int64_t position_ = 0;
    int64_t onset_ = 0;
    Samples frame_;  // heard, but not yet a whole detector frame
    bool open_ = false;
};

}  // namespace trunkline::lab
