// `trunkline-lab deepgram`
#include "lab/agent/server.h"
#include "lab/deepgram/lab.h"

namespace trunkline::lab::deepgram {

int run_deepgram(const DeepgramOptions& options) {
    std::unique_ptr<DeepgramLab> lab;
    return agent::serve_until_signal(
        "deepgram", options.json,
        [&](DeepgramLab::EventSink events) -> Result<std::string> {
            auto started = DeepgramLab::start(options, std::move(events));
            if (!started) return tl::unexpected<Error>(started.error());
            lab = std::move(*started);
            return lab->url();
        },
        [&] { return lab->sessions(); });
}

}  // namespace trunkline::lab::deepgram
