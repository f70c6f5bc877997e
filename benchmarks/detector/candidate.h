#pragma once
// What is compared: each candidate hears a call in frames of 20 ms at 8 kHz and says when speech begins. All candidates
// that judge frame by frame get the same rules on top: nothing below -45 dBFS (behind their canceller, if any) is
// speech, and 3 frames of speech among the last 8 begin it.
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace trunkline::detector {

constexpr int kRate = 8000;
constexpr size_t kFrame = 160;
using Frame = std::span<const int16_t, kFrame>;

class Candidate {
  public:
    virtual ~Candidate() = default;
    /// One frame from the caller, and what is sent to him meanwhile. True when speech begins with it.
    virtual bool frame(Frame caller, Frame agent) = 0;
};

struct Kind {
    std::string name;
    std::unique_ptr<Candidate> (*make)();
};
std::vector<Kind> candidates();

constexpr double kLeastDbfs = -45;

/// 3 of 8.
class Onset {
  public:
    bool frame(bool speech);

  private:
    uint32_t seen_ = 0;
    int quiet_ = 0;
    bool speaking_ = false;
};

std::unique_ptr<Candidate> make_webrtc(bool cancel_echo);
std::unique_ptr<Candidate> make_speex(bool cancel_echo);

}  // namespace trunkline::detector
