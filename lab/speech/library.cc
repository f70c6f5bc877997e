#include "lab/speech/library.h"

#include <gio/gio.h>

#include <algorithm>
#include <sstream>

#include "lab/speech/espeak.h"
#include "lab/speech/wav.h"

namespace trunkline::lab {
namespace {

constexpr size_t kMaxTranscripts = 4U << 20;
constexpr size_t kMaxLine = 2000;

Result<std::string> read_gzip(const std::string& path) {
    GFile* file = g_file_new_for_path(path.c_str());
    GError* error = nullptr;
    GFileInputStream* raw = g_file_read(file, nullptr, &error);
    g_object_unref(file);
    std::string text;
    if (raw) {
        GZlibDecompressor* unzip = g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP);
        GInputStream* stream = g_converter_input_stream_new(G_INPUT_STREAM(raw), G_CONVERTER(unzip));
        char buffer[16384];
        gssize n = 0;
        while (text.size() < kMaxTranscripts &&
               (n = g_input_stream_read(stream, buffer, sizeof buffer, nullptr, &error)) > 0) {
            text.append(buffer, static_cast<size_t>(n));
        }
        g_object_unref(stream);
        g_object_unref(unzip);
        g_object_unref(raw);
    }
    if (!error) return text;
    const std::string message = error->message;
    g_error_free(error);
    return fail("bad-transcripts", path + ": " + message + "; install the package asterisk-core-sounds-en");
}

// "name: words spoken"; comments begin with ';', sounds without words stand in square brackets.
void parse_transcripts(const std::string& text, std::map<std::string, std::string>& out) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
        const size_t colon = line.find(':');
        if (line.empty() || line[0] == ';' || colon == std::string::npos) continue;
        const size_t words = line.find_first_not_of(" \t", colon + 1);
        if (words != std::string::npos) out[line.substr(0, colon)] = line.substr(words);
    }
}

size_t edit_distance(const std::string& a, const std::string& b) {
    std::vector<size_t> row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            const size_t above = row[j];
            row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

}  // namespace

Result<std::shared_ptr<SpeechLibrary>> SpeechLibrary::open(SpeechOptions options) {
    if (!g_file_test(options.sounds_dir.c_str(), G_FILE_TEST_IS_DIR)) {
        return fail("no-recordings",
                    options.sounds_dir + ": no such folder; install the package asterisk-core-sounds-en-wav");
    }
    auto text = read_gzip(options.transcripts);
    if (!text) return tl::unexpected<Error>(text.error());
    std::shared_ptr<SpeechLibrary> library(new SpeechLibrary(std::move(options)));
    std::map<std::string, std::string> all;
    parse_transcripts(*text, all);
    for (auto& [name, words] : all) {
        const std::string path = library->options_.sounds_dir + "/" + name + ".wav";
        if (g_file_test(path.c_str(), G_FILE_TEST_IS_REGULAR)) library->texts_.emplace(name, std::move(words));
    }
    if (library->texts_.empty()) {
        return fail("bad-transcripts",
                    library->options_.transcripts + ": names no recording of " + library->options_.sounds_dir);
    }
    return library;
}

Result<RecordingPtr> SpeechLibrary::recorded(const std::string& name) {
    const auto text = texts_.find(name);
    if (text == texts_.end()) {
        const auto nearest = std::min_element(texts_.begin(), texts_.end(), [&](const auto& a, const auto& b) {
            return edit_distance(a.first, name) < edit_distance(b.first, name);
        });
        return fail("unknown-recording", "no recording '" + name + "'; nearest is '" + nearest->first + "'");
    }
    const std::lock_guard lock(mutex_);
    auto& slot = loaded_[name];
    if (slot) return slot;
    auto wav = read_wav(options_.sounds_dir + "/" + name + ".wav");
    if (!wav) return tl::unexpected<Error>(wav.error());
    if (wav->channels != 1) return fail("bad-wav", name + ": more than one channel");
    slot =
        std::make_shared<Recording>(Recording{name, text->second, resample(wav->samples, wav->rate, kTelephoneRate)});
    return slot;
}

Result<RecordingPtr> SpeechLibrary::line(const std::string& text) {
    if (text.find_first_not_of(" \t\r\n") == std::string::npos || text.size() > kMaxLine) {
        return fail("bad-text", "a spoken line needs 1 to 2,000 bytes of text");
    }
    const std::string name = "line:" + text;
    {
        const std::lock_guard lock(mutex_);
        if (const auto it = loaded_.find(name); it != loaded_.end() && it->second) return it->second;
    }
    auto samples = speak_line(options_, text);  // takes tens of milliseconds: not under the lock
    if (!samples) return tl::unexpected<Error>(samples.error());
    auto made = std::make_shared<Recording>(Recording{name, text, std::move(*samples)});
    const std::lock_guard lock(mutex_);
    auto& slot = loaded_[name];
    if (!slot) slot = std::move(made);
    return slot;
}

Result<RecordingPtr> SpeechLibrary::speech(const std::string& name_or_text) {
    return has(name_or_text) ? recorded(name_or_text) : line(name_or_text);
}

std::vector<std::string> SpeechLibrary::names() const {
    std::vector<std::string> out;
    for (const auto& [name, text] : texts_) {
        if (text.find('[') == std::string::npos && name.rfind("silence/", 0) != 0) out.push_back(name);
    }
    return out;
}

std::string SpeechLibrary::text_of(const std::string& name) const {
    const auto it = texts_.find(name);
    return it == texts_.end() ? "" : it->second;
}

}  // namespace trunkline::lab
