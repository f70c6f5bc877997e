#pragma once
// Lines for a pipe or a terminal that somebody reads, or does not: a paused pager, a log collector that hangs. Who
// writes through this never waits for ever, so that the process can end.
#include <string_view>

namespace trunkline {

class PatientOutput {
  public:
    explicit PatientOutput(int fd) : fd_(fd) {}
    /// One thread at a time. Waits a second for room, but not again until there was some; what finds none is left out,
    /// false.
    bool write(std::string_view text);

  private:
    bool write_all(std::string_view text);

    const int fd_;
    bool stuck_ = false;
    bool cut_ = false;  // what was left out began in the middle of a line
};

}  // namespace trunkline
