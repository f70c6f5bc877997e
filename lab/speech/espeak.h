#pragma once
// Runs espeak-ng for one line of text.
#include <string>

#include "engine/core/result.h"
#include "lab/speech/library.h"

namespace trunkline::lab {

/// Speaks `text` to a new 8 kHz recording through the cache folder. Codes: no-voice, cannot-write.
Result<Samples> speak_line(const SpeechOptions& options, const std::string& text);
/// The folder generated lines are kept in, created when missing.
Result<std::string> speech_cache_dir(const SpeechOptions& options);

}  // namespace trunkline::lab
