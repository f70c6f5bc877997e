// `trunkline-lab hume`
#include "lab/agent/server.h"
#include "lab/hume/lab.h"

namespace trunkline::lab::hume {

int run_hume(const HumeOptions& options) {
    std::unique_ptr<HumeLab> lab;
    return agent::serve_until_signal(
        "hume", options.json,
        [&](HumeLab::EventSink events) -> Result<std::string> {
            auto started = HumeLab::start(options, std::move(events));
            if (!started) return tl::unexpected<Error>(started.error());
            lab = std::move(*started);
            return lab->url();
        },
        [&] { return lab->sessions(); });
}

}  // namespace trunkline::lab::hume
