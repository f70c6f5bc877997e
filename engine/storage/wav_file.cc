// See the header.
#include "engine/storage/wav_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace trunkline {
namespace {

constexpr uint64_t kMostData = 0xFFFF'0000;  // sizes of the format have 32 bits, and some is header
constexpr size_t kSilenceBlock = 65'536;
constexpr char kMulawSilence = '\xFF';
constexpr mode_t kFolderMode = 0750, kFileMode = 0640;

void put16(std::string& out, unsigned value) {
    out += static_cast<char>(value & 0xFF);
    out += static_cast<char>(value >> 8 & 0xFF);
}
void put32(std::string& out, uint32_t value) {
    put16(out, value & 0xFFFF);
    put16(out, value >> 16);
}

/// Bytes written; less than asked for when the disk takes no more (errno says why).
size_t put_at(int fd, std::string_view bytes, uint64_t at) {
    size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t n = pwrite(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(at + done));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        done += static_cast<size_t>(n);
    }
    return done;
}

/// Makes every folder of `path`, as the graph's author named them. 0 or an errno.
int make_folders(const std::string& path) {
    for (size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
        if (mkdir(path.substr(0, slash).c_str(), kFolderMode) != 0 && errno != EEXIST) return errno;
    }
    return mkdir(path.c_str(), kFolderMode) != 0 && errno != EEXIST ? errno : 0;
}

}  // namespace

std::string wav_file_header(const RecordingSpec& spec, uint32_t data_bytes) {
    constexpr unsigned kPcm = 1, kMulaw = 7;
    const auto channels = static_cast<unsigned>(spec.channels), rate = static_cast<unsigned>(spec.rate);
    const auto frame = static_cast<uint32_t>(spec.frame_bytes());
    std::string fmt;
    put16(fmt, spec.mulaw ? kMulaw : kPcm);
    put16(fmt, channels);
    put32(fmt, rate);
    put32(fmt, rate * frame);
    put16(fmt, frame);
    put16(fmt, spec.mulaw ? 8 : 16);
    if (spec.mulaw) put16(fmt, 0);  // no extension
    std::string body = "WAVEfmt ";
    put32(body, static_cast<uint32_t>(fmt.size()));
    body += fmt;
    if (spec.mulaw) {
        body += "fact";
        put32(body, 4);
        put32(body, data_bytes / frame);
    }
    body += "data";
    put32(body, data_bytes);
    std::string header = "RIFF";
    put32(header, static_cast<uint32_t>(body.size()) + data_bytes);
    return header + body;
}

WavFile::WavFile(const RecordingSpec& spec) : spec_(spec) {}

WavFile::~WavFile() { close(); }

void WavFile::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

Status WavFile::broken(const char* what) const {
    return fail("cannot-record",
                std::string(what) + " " + spec_.directory + "/" + spec_.path + ": " + std::strerror(errno));
}

Status WavFile::open() {
    if (const int error = make_folders(spec_.directory); error != 0) {
        errno = error;
        return broken("cannot make the directory of");
    }
    const int directory = ::open(spec_.directory.c_str(), O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    if (directory < 0) return broken("cannot open the directory of");
    return open_below(directory);
}

/// Takes `directory`. Below it names may come from a caller: no link is followed.
Status WavFile::open_below(int directory) {
    std::string_view rest = spec_.path;
    for (size_t slash = rest.find('/'); slash != std::string_view::npos; slash = rest.find('/')) {
        const std::string name(rest.substr(0, slash));
        rest.remove_prefix(slash + 1);
        int next = -1;
        if (mkdirat(directory, name.c_str(), kFolderMode) == 0 || errno == EEXIST)
            next = openat(directory, name.c_str(), O_DIRECTORY | O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        const int error = errno;
        ::close(directory);
        errno = error;
        if (next < 0) return broken("cannot make a directory for");
        directory = next;
    }
    fd_ = openat(directory, std::string(rest).c_str(), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, kFileMode);
    const int error = errno;
    ::close(directory);
    errno = error;
    if (fd_ < 0) return broken("cannot make the file");
    return put_header();
}

Status WavFile::put_header() {
    const std::string header = wav_file_header(spec_, static_cast<uint32_t>(end_));
    return put_at(fd_, header, 0) == header.size() ? Status() : broken("cannot write the header of");
}

Status WavFile::append(std::string_view bytes) {
    const size_t header = wav_file_header(spec_, 0).size();
    const size_t done = put_at(fd_, bytes, header + end_);
    const int error = errno;
    end_ += done / spec_.frame_bytes() * spec_.frame_bytes();
    errno = error;
    return done == bytes.size() ? Status() : broken("cannot write to");
}

Status WavFile::silence_to(uint64_t end) {
    const std::string block(std::min<uint64_t>(kSilenceBlock / spec_.frame_bytes() * spec_.frame_bytes(), end - end_),
                            spec_.mulaw ? kMulawSilence : '\0');
    while (end_ < end) {
        if (auto ok = append(std::string_view(block).substr(0, end - end_)); !ok) return ok;
    }
    return {};
}

Status WavFile::write(int64_t at, std::string_view bytes) {
    const uint64_t frame = spec_.frame_bytes();
    const uint64_t begin = static_cast<uint64_t>(std::max<int64_t>(at, 0)) * frame;
    bytes = bytes.substr(0, bytes.size() / frame * frame);
    if (begin < end_) bytes.remove_prefix(std::min<uint64_t>(end_ - begin, bytes.size()));
    if (bytes.empty()) return {};
    if (begin > kMostData || end_ + bytes.size() > kMostData || begin + bytes.size() > kMostData)
        return fail("recording-full", "a WAV file ends at 4 GiB: " + spec_.directory + "/" + spec_.path);
    Status ok = begin > end_ ? silence_to(begin) : Status();
    if (ok) ok = append(bytes);
    const Status header = put_header();
    return ok ? header : ok;
}

Status WavFile::pad(int64_t end) {
    const uint64_t bytes = static_cast<uint64_t>(std::max<int64_t>(end, 0)) * spec_.frame_bytes();
    if (bytes <= end_ || bytes > kMostData) return {};
    const Status ok = silence_to(bytes);
    const Status header = put_header();
    return ok ? header : ok;
}

}  // namespace trunkline
