#pragma once
// Where voices come from: recorded telephone prompts with human transcripts (Debian's asterisk-core-sounds-en-wav) by
// name, and lines of any text spoken by espeak-ng, made once and kept in a cache folder. Everything is 8 kHz mono.
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.h"
#include "lab/speech/pcm.h"

namespace trunkline::lab {

struct Recording {
    std::string name;  ///< "agent-pass", or "line:<text>" for a generated one
    std::string text;  ///< what is said
    Samples samples;   ///< 8 kHz mono
    double seconds() const { return static_cast<double>(samples.size()) / kTelephoneRate; }
};
using RecordingPtr = std::shared_ptr<const Recording>;

struct SpeechOptions {
    std::string sounds_dir = "/usr/share/asterisk/sounds/en_US_f_Allison";
    std::string transcripts = "/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz";
    std::string
        cache_dir;  ///< empty: $XDG_CACHE_HOME/trunkline-lab, else ~/.cache/trunkline-lab, else the temporary folder
    std::string voice = "en-us";  ///< espeak-ng voice of generated lines
    int words_per_minute = 165;
};

/// Thread-safe; recordings are read (or spoken) at first use and shared afterwards.
class SpeechLibrary {
  public:
    /// Reads the index only. Codes: no-recordings (names the Debian package to install), bad-transcripts.
    static Result<std::shared_ptr<SpeechLibrary>> open(SpeechOptions options = {});

    /// A recorded prompt. Codes: unknown-recording (names the nearest), bad-wav.
    Result<RecordingPtr> recorded(const std::string& name);
    /// A generated line. Codes: no-voice (espeak-ng missing or failing), bad-text (empty or longer than 2,000 bytes).
    Result<RecordingPtr> line(const std::string& text);
    /// What YAML files write after `say:`: the name of a prompt when there is one, else text to be spoken.
    Result<RecordingPtr> speech(const std::string& name_or_text);

    bool has(const std::string& name) const { return texts_.count(name) != 0; }
    /// Names of all recorded prompts that hold words (not beeps and tones), sorted.
    std::vector<std::string> names() const;
    std::string text_of(const std::string& name) const;  ///< transcript; empty when unknown

  private:
    explicit SpeechLibrary(SpeechOptions options) : options_(std::move(options)) {}
    SpeechOptions options_;
    std::map<std::string, std::string> texts_;  // prompt name → transcript
    std::mutex mutex_;
    std::map<std::string, RecordingPtr> loaded_;
};

}  // namespace trunkline::lab
