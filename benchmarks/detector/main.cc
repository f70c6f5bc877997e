// trunkline-detector: how soon each candidate notices that a caller speaks, and what else it takes for speech.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "benchmarks/detector/candidate.h"
#include "benchmarks/detector/scenes.h"
#include "engine/core/clock.h"

namespace trunkline::detector {
namespace {

struct Outcome {
    std::vector<double> delays_ms;
    size_t scenes = 0, triggered = 0, early = 0, frames = 0;
    int64_t cpu_ns = 0;
};

/// Only the first onset counts: it is what would have interrupted the agent.
void play(const Scene& scene, const Kind& kind, Outcome& out) {
    auto candidate = kind.make();
    ++out.scenes;
    const int64_t begun = monotonic_ns();
    for (size_t at = 0; at + kFrame <= scene.caller.size(); at += kFrame) {
        ++out.frames;
        const bool began =
            candidate->frame(Frame(scene.caller.data() + at, kFrame), Frame(scene.agent.data() + at, kFrame));
        if (!began) continue;
        const auto delay = static_cast<int64_t>(at + kFrame) - scene.onset;
        if (scene.onset >= 0 && delay < 0) {
            ++out.early;
            continue;
        }
        ++out.triggered;
        out.delays_ms.push_back(static_cast<double>(delay) * 1000 / kRate);
        break;
    }
    out.cpu_ns += monotonic_ns() - begun;
}

double quantile(std::vector<double>& values, double q) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[static_cast<size_t>(std::lround(q * static_cast<double>(values.size() - 1)))];
}

void print(const Kind& kind, const Group& group, Outcome& out) {
    const double cost = static_cast<double>(out.cpu_ns) / 1000 / static_cast<double>(out.frames);
    if (group.speech) {
        std::printf("| %s | %s | %zu | %zu | %zu | %.0f | %.0f | %.0f | | %.1f |\n", group.name.c_str(),
                    kind.name.c_str(), out.scenes, out.scenes - out.triggered, out.early, quantile(out.delays_ms, 0.5),
                    quantile(out.delays_ms, 0.95), quantile(out.delays_ms, 0.99), cost);
    } else {
        std::printf("| %s | %s | %zu | | | | | | %.1f %% (%zu) | %.1f |\n", group.name.c_str(), kind.name.c_str(),
                    out.scenes, 100.0 * static_cast<double>(out.triggered) / static_cast<double>(out.scenes),
                    out.triggered, cost);
    }
    std::fflush(stdout);
}

}  // namespace
}  // namespace trunkline::detector

int main(int argc, char** argv) {
    using namespace trunkline;
    using namespace trunkline::detector;
    SceneOptions options;
    std::string only;
    CLI::App app("How soon each candidate notices that a caller speaks, and what else it takes for speech");
    app.add_option("--recordings", options.recordings, "Recordings of speech to use");
    app.add_option("--seed", options.seed, "Of the noise");
    app.add_option("--only", only, "Only candidates whose name contains this");
    CLI11_PARSE(app, argc, argv);

    auto speech = lab::SpeechLibrary::open();
    auto groups = speech ? make_groups(**speech, options) : tl::unexpected<Error>(speech.error());
    if (!groups) {
        std::fprintf(stderr, "trunkline-detector: %s\n", groups.error().message.c_str());
        return 1;
    }
    std::printf("| scene | candidate | scenes | missed | early | onset p50 ms | p95 | p99 | false | µs a frame |\n");
    std::printf("|---|---|---|---|---|---|---|---|---|---|\n");
    for (const Group& group : *groups) {
        for (const Kind& kind : candidates()) {
            if (kind.name.find(only) == std::string::npos) continue;
            Outcome out;
            for (const Scene& scene : group.scenes) play(scene, kind, out);
            print(kind, group, out);
        }
    }
}
