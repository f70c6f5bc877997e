#pragma once
// The two legs of a call on one time line, in frames since the pipeline plays. Each leg is put down where it belongs,
// also ahead of time; what is due is taken off as stereo, with silence where a leg has nothing. Pure.
#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <string>

namespace trunkline::recorder {

enum class Leg : size_t { kCaller = 0, kAgent = 1 };  ///< left and right

class TwoLegs {
  public:
    /// `rate`: frames a second. `most_ahead`: frames that one leg may lie ahead of what was taken.
    TwoLegs(int rate, int64_t most_ahead) : rate_(rate), most_ahead_(most_ahead) {}

    /// Samples that begin at running time `at_ns`, or (negative) where the leg ends. Stamps that miss the end of the
    /// leg by less than 40 ms continue it, unless `gap` says that something is missing: rounding makes no click.
    /// Nothing goes back: what would overlap is put behind. Returns how many samples found no room.
    size_t put(Leg leg, int64_t at_ns, bool gap, std::span<const int16_t> samples);
    /// Nothing of the leg behind running time `at_ns` was heard.
    void cut(Leg leg, int64_t at_ns);
    /// The frames up to running time `until_ns`, interleaved little-endian 16-bit or mu-law; empty when none is due.
    /// They begin at frame taken(), as it was before.
    std::string take(int64_t until_ns, bool mulaw);

    int64_t taken() const { return taken_; }
    int64_t frame_at(int64_t ns) const;

  private:
    struct Line {
        std::deque<int16_t> samples;  // from frame taken_ on
        int64_t end = 0;              // frame behind the last one, also when that is taken
    };
    Line& line(Leg leg) { return lines_[static_cast<size_t>(leg)]; }

    int rate_;
    int64_t most_ahead_;
    int64_t taken_ = 0;
    std::array<Line, 2> lines_;
};

}  // namespace trunkline::recorder
