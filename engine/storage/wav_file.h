#pragma once
// One WAV file that is valid at every moment: the sizes in its header are put right behind every piece, so whatever
// kills the process, the file ends with the last piece that was written. Storage thread only; throws nothing.
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/result.h"
#include "engine/events/recording.h"

namespace trunkline {

class WavFile {
  public:
    explicit WavFile(const RecordingSpec& spec);
    ~WavFile();
    WavFile(const WavFile&) = delete;
    WavFile& operator=(const WavFile&) = delete;

    /// Makes the file and the folders before it. Follows no link and replaces nothing below `directory`. Codes:
    /// cannot-record (what, where, why).
    Status open();
    void close();
    bool is_open() const { return fd_ >= 0; }
    /// Frames from `at` on; a gap before them becomes silence. What lies before the end of the file is skipped. Codes:
    /// recording-full (the format ends at 4 GiB), cannot-write; a part of it may have been written.
    Status write(int64_t at, std::string_view bytes);
    /// Silence up to frame `end`.
    Status pad(int64_t end);
    int64_t frames() const { return static_cast<int64_t>(end_ / spec_.frame_bytes()); }

  private:
    Status open_below(int directory);
    Status append(std::string_view bytes);
    Status silence_to(uint64_t end);
    Status put_header();
    Status broken(const char* what) const;

    const RecordingSpec spec_;
    int fd_ = -1;
    uint64_t end_ = 0;  // bytes of audio in the file, whole frames
};

/// The header of a file with `data_bytes` of audio: RIFF, fmt (with its extension and a fact chunk for mu-law), data.
std::string wav_file_header(const RecordingSpec& spec, uint32_t data_bytes);

}  // namespace trunkline
