// A WAV file from the server, and the order of many: the samples lie inside the file, and every piece is heard or
// counted.
#include <functional>

#include "elements/hume/index_order.h"
#include "elements/hume/wav.h"
#include "tests/fuzz/properties.h"

using namespace trunkline;
using namespace trunkline::fuzz;
using namespace trunkline::hume;

namespace {

void read(std::span<const uint8_t> file) {
    const auto wav = read_wav(file);
    if (!wav) return must_explain(wav.error());
    must(wav->rate >= 8'000 && wav->channels >= 1, "the format makes sense");
    const bool inside =
        wav->samples.empty() || (!std::less<>()(wav->samples.data(), file.data()) &&
                                 !std::less<>()(file.data() + file.size(), wav->samples.data() + wav->samples.size()));
    must(inside, "the samples lie inside the file");
    must(first_channel(*wav).size() <= wav->samples.size(), "a channel is no longer than all");
}

/// Two bytes per step: the segment and what happens, the index.
void order(std::span<const uint8_t> steps) {
    uint64_t heard = 0, taken = 0, dropped = 0;
    IndexOrder order([&](std::span<const uint8_t>) { ++heard; });
    uint64_t held = 0;
    for (size_t i = 0; i + 1 < steps.size(); i += 2) {
        const std::string id = (steps[i] & 7U) == 0 ? "" : std::string(1, static_cast<char>('a' + (steps[i] & 7U)));
        if (steps[i] >= 0xF0) {
            order.skip();
        } else if (steps[i] >= 0xE0) {
            dropped += taken - heard - order.late() - dropped;
            order.drop_known();
            must(!order.waiting(), "nothing waits any more");
        } else {
            order.take(id, static_cast<int64_t>(steps[i + 1]) - 1, steps.first(1));
            ++taken;
        }
        held = taken - heard - order.late() - dropped;
        must(held <= IndexOrder::kMaxHeld, "what waits is bounded");
        must((held > 0) == order.waiting(), "every piece is heard, waits, or is counted as late or dropped");
    }
    for (int i = 0; order.waiting(); ++i) {
        must(i < 1000, "skipping comes to an end");
        order.skip();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    read({data, size});
    order({data, size});
    return 0;
}
