#pragma once
// One cell of the grid carrier × backend as the measurement of audio sees it: what one side sent and what the other
// got, in linear samples at the rate each side has on its wire. A cell more is a function more that fills these.
#include <functional>
#include <string>
#include <vector>

#include "lab/speech/pcm.h"

namespace trunkline::test {

struct AudioWay {
    lab::Samples sent, got;
    int sent_rate = 0, got_rate = 0;
    bool ends_in_mulaw = false;  ///< what it can be at best: the codec's own noise
    bool copied = false;         ///< no conversion on the way: every sample must be the same
    std::string problem;         ///< why there is nothing to measure
};

struct AudioRun {
    AudioWay up, down;  ///< caller → backend, backend → caller
};

struct AudioCell {
    std::string name;
    /// A caller says `recording` (8 kHz) and a backend says it, on two calls at the same time, in real time.
    std::function<AudioRun(const lab::Samples& recording)> run;
};

/// All cells that there are.
std::vector<AudioCell> audio_cells();

}  // namespace trunkline::test
