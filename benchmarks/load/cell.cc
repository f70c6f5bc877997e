// See cell.h.
#include "benchmarks/load/cell.h"

namespace trunkline::load {

Leg Cell::up() const {
    if (backend == BackendKind::kDeepgram) return {Direction::kUp, line(), line(), false};
    return {Direction::kUp, line(), linear16(hume_rate), true};
}

Leg Cell::down() const {
    if (backend == BackendKind::kDeepgram) return {Direction::kDown, line(), line(), false};
    return {Direction::kDown, linear16(48000), line(), true};
}

}  // namespace trunkline::load
