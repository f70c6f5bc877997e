#include "engine/core/patient_output.h"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace trunkline {
namespace {
constexpr int kPatienceMs = 1'000;
}

bool PatientOutput::write(std::string_view text) {
    if (cut_ && !write_all("\n")) return false;
    cut_ = false;
    return write_all(text);
}

bool PatientOutput::write_all(std::string_view text) {
    const size_t length = text.size();
    while (!text.empty()) {
        pollfd room{fd_, POLLOUT, 0};
        const int ready = poll(&room, 1, stuck_ ? 0 : kPatienceMs);
        if (ready < 0 && errno == EINTR) continue;
        stuck_ = ready == 0;
        // A pipe that has room at all takes so much without waiting.
        const ssize_t n = ready == 1 ? ::write(fd_, text.data(), std::min<size_t>(text.size(), PIPE_BUF)) : -1;
        if (n < 0 && ready == 1 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n <= 0) {
            cut_ = cut_ || text.size() < length;
            return false;
        }
        text.remove_prefix(static_cast<size_t>(n));
    }
    return true;
}

}  // namespace trunkline
