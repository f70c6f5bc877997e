// One espeak-ng process per new line: text on standard input (never on a command line, never through a shell), a WAV
// file out, resampled from 22,050 Hz and kept under the hash of voice, speed and text.
#include "lab/speech/espeak.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

#include <atomic>
#include <memory>

#include "lab/speech/wav.h"

namespace trunkline::lab {
namespace {

struct Free {
    void operator()(gpointer p) const { g_free(p); }
};
using Text = std::unique_ptr<char, Free>;

std::string take_message(GError* error) {
    std::string message = error ? error->message : "unknown error";
    g_clear_error(&error);
    return message;
}

Status run_espeak(const SpeechOptions& options, const std::string& text, const std::string& path) {
    const std::string speed = std::to_string(options.words_per_minute);
    const char* argv[] = {"espeak-ng", "--stdin",    "-v",   options.voice.c_str(), "-s", speed.c_str(),
                          "-w",        path.c_str(), nullptr};
    GError* error = nullptr;
    GSubprocess* process = g_subprocess_newv(
        argv,
        static_cast<GSubprocessFlags>(G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE |
                                      G_SUBPROCESS_FLAGS_STDERR_SILENCE),
        &error);
    if (!process) {
        return fail("no-voice", "cannot run espeak-ng: " + take_message(error) + "; install the package espeak-ng");
    }
    GBytes* input = g_bytes_new(text.data(), text.size());
    const gboolean done = g_subprocess_communicate(process, input, nullptr, nullptr, nullptr, &error);
    const bool good = done && g_subprocess_get_successful(process);
    g_bytes_unref(input);
    g_object_unref(process);
    if (!done) return fail("no-voice", "espeak-ng: " + take_message(error));
    if (!good) return fail("no-voice", "espeak-ng failed for voice '" + options.voice + "'");
    return {};
}

// Leading and trailing silence says nothing, and would only blur when a line begins.
void trim(Samples& samples) {
    constexpr int kQuiet = 60;
    constexpr size_t kMargin = 160;
    size_t first = 0, last = samples.size();
    while (first < last && std::abs(int{samples[first]}) < kQuiet) ++first;
    while (last > first && std::abs(int{samples[last - 1]}) < kQuiet) --last;
    last = std::min(samples.size(), last + kMargin);
    first = first > kMargin ? first - kMargin : 0;
    samples = Samples(samples.begin() + static_cast<std::ptrdiff_t>(first),
                      samples.begin() + static_cast<std::ptrdiff_t>(last));
}

}  // namespace

Result<std::string> speech_cache_dir(const SpeechOptions& options) {
    std::string dir = options.cache_dir;
    if (dir.empty()) dir = std::string(g_get_user_cache_dir()) + "/trunkline-lab";
    if (g_mkdir_with_parents(dir.c_str(), 0755) == 0 && g_access(dir.c_str(), W_OK) == 0) return dir;
    if (!options.cache_dir.empty()) return fail("cannot-write", dir + ": cannot create the cache folder");
    const std::string fallback = std::string(g_get_tmp_dir()) + "/trunkline-lab-speech";
    if (g_mkdir_with_parents(fallback.c_str(), 0755) == 0) return fallback;
    return fail("cannot-write", dir + " and " + fallback + ": cannot create a cache folder for generated speech");
}

Result<Samples> speak_line(const SpeechOptions& options, const std::string& text) {
    auto dir = speech_cache_dir(options);
    if (!dir) return tl::unexpected<Error>(dir.error());
    const std::string key = options.voice + "\n" + std::to_string(options.words_per_minute) + "\n" + text;
    const Text hash(g_compute_checksum_for_string(G_CHECKSUM_SHA1, key.c_str(), static_cast<gssize>(key.size())));
    const std::string path = *dir + "/" + hash.get() + ".wav";
    if (auto kept = read_wav(path); kept && kept->rate == kTelephoneRate) return std::move(kept->samples);

    static std::atomic<int> serial{0};
    const std::string part = path + "." + std::to_string(getpid()) + "." + std::to_string(serial++);
    if (auto ran = run_espeak(options, text, part); !ran) return tl::unexpected<Error>(ran.error());
    auto spoken = read_wav(part);
    g_unlink(part.c_str());
    if (!spoken) return fail("no-voice", "espeak-ng wrote no usable sound: " + spoken.error().message);
    Samples samples = resample(spoken->samples, spoken->rate, kTelephoneRate);
    trim(samples);
    if (samples.empty()) return fail("no-voice", "espeak-ng spoke nothing for '" + text + "'");
    if (auto written = write_wav(part, samples); !written) return tl::unexpected<Error>(written.error());
    if (g_rename(part.c_str(), path.c_str()) != 0) return fail("cannot-write", path + ": cannot keep generated speech");
    return samples;
}

}  // namespace trunkline::lab
