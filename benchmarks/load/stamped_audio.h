#pragma once
// The stamp of a direction that is passed on bit by bit: every frame (20 ms) holds a magic, the call, its number and
// its times, and a filling that depends on them. Whatever an engine does to the stream (other chunk sizes, silence in
// between), the frames are found again bit for bit or counted as damaged.
//
//   magic 4 | check 4 | call 4 | frame 4 | intended ns 8 | sent ns 8 | filling (128 of mu-law)
#include <vector>

#include "benchmarks/load/stamps.h"

namespace trunkline::load {

/// Fills `out`, a whole frame of any format.
void write_stamped(std::span<uint8_t> out, Direction direction, const Stamp& stamp);

class ByteReader final : public StampReader {
  public:
    ByteReader(Direction direction, const AudioFormat& format)
        : direction_(direction), format_(format), frame_bytes_(format.frame_bytes()) {}
    std::span<const HeardFrame> read(std::span<const uint8_t> bytes, int64_t now_ns) override;

  private:
    size_t skip_foreign(std::span<const uint8_t> bytes);

    Direction direction_;
    AudioFormat format_;
    size_t frame_bytes_;
    std::vector<uint8_t> rest_;
    std::vector<HeardFrame> found_;
};

}  // namespace trunkline::load
