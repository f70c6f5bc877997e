// Windowed-sinc resampling: output sample n is the input convolved at time n / to_rate with a Kaiser-windowed sinc
// whose cut-off lies below the lower of both Nyquist frequencies. Rates have small ratios, so the kernel's phases are a
// table.
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <numbers>
#include <numeric>
#include <utility>

#include "lab/speech/kaiser.h"
#include "lab/speech/pcm.h"

namespace trunkline::lab {
namespace {

constexpr int kZeroCrossings = 24;
constexpr double kKaiserBeta = 8.0;
constexpr double kCutoff = 0.94;  // of the lower Nyquist frequency
constexpr int kMaxPhases = 4096;  // rates whose ratio needs more are rounded to this many

/// Coefficients for every sub-sample position an output can have.
struct Kernel {
    int up = 1, down = 1;  // to_rate / from_rate in lowest terms
    int phases = 1;
    int reach = 0;            // input samples on either side
    std::vector<float> taps;  // phases × (2 reach)

    Kernel(int from, int to) {
        const int divisor = std::gcd(from, to);
        up = to / divisor;
        down = from / divisor;
        phases = std::min(up, kMaxPhases);
        const double scale = std::min(1.0, static_cast<double>(to) / from) * kCutoff;
        reach = static_cast<int>(std::ceil(kZeroCrossings / scale));
        taps.resize(static_cast<size_t>(phases) * 2 * static_cast<size_t>(reach));
        for (int p = 0; p < phases; ++p) fill(p, scale);
    }

    void fill(int phase, double scale) {
        const double fraction = static_cast<double>(phase) / phases;
        float* row = &taps[static_cast<size_t>(phase) * 2 * static_cast<size_t>(reach)];
        double sum = 0;
        for (int k = 0; k < 2 * reach; ++k) {
            const double x = k - reach + 1 - fraction;  // distance of input sample k from the output's time
            const double window = kaiser(x / reach, kKaiserBeta);
            const double angle = std::numbers::pi * x * scale;
            const double sinc = std::abs(angle) < 1e-9 ? 1.0 : std::sin(angle) / angle;
            row[k] = static_cast<float>(scale * sinc * window);
            sum += row[k];
        }
        for (int k = 0; k < 2 * reach; ++k) row[k] = static_cast<float>(row[k] / sum);
    }
};

const Kernel& kernel_for(int from, int to) {
    static std::mutex mutex;
    static std::map<std::pair<int, int>, std::unique_ptr<Kernel>> kernels;
    const std::lock_guard lock(mutex);
    auto& slot = kernels[{from, to}];
    if (!slot) slot = std::make_unique<Kernel>(from, to);
    return *slot;
}

}  // namespace

StreamResampler::StreamResampler(int from_rate, int to_rate) : from_(from_rate), to_(to_rate) {
    if (from_ == to_) return;
    const Kernel& kernel = kernel_for(from_, to_);
    // The stream begins in silence.
    tail_.assign(static_cast<size_t>(kernel.reach), 0);
    base_ = -kernel.reach;
}

void StreamResampler::push(std::span<const int16_t> in, Samples& out) {
    if (from_ == to_) {
        out.insert(out.end(), in.begin(), in.end());
        return;
    }
    const Kernel& kernel = kernel_for(from_, to_);
    tail_.insert(tail_.end(), in.begin(), in.end());
    for (;;) {
        const int64_t position = next_out_ * kernel.down;  // in units of 1 / (from × up)
        const int64_t whole = position / kernel.up;
        const int64_t phase = (position % kernel.up) * kernel.phases / kernel.up;
        const int64_t first = whole - kernel.reach + 1;
        if (first + 2 * kernel.reach > base_ + static_cast<int64_t>(tail_.size())) {
            const int64_t drop = std::clamp<int64_t>(first - base_, 0, static_cast<int64_t>(tail_.size()));
            tail_.erase(tail_.begin(), tail_.begin() + drop);
            base_ += drop;
            return;
        }
        const float* row = &kernel.taps[static_cast<size_t>(phase) * 2 * static_cast<size_t>(kernel.reach)];
        const int16_t* x = tail_.data() + (first - base_);
        float sum = 0;
        for (int k = 0; k < 2 * kernel.reach; ++k) sum += row[k] * static_cast<float>(x[k]);
        out.push_back(static_cast<int16_t>(std::clamp(std::lround(sum), -32768L, 32767L)));
        ++next_out_;
    }
}

Samples resample(std::span<const int16_t> in, int from_rate, int to_rate) {
    Samples out;
    if (from_rate == to_rate) return Samples(in.begin(), in.end());
    const auto wanted = static_cast<size_t>((static_cast<int64_t>(in.size()) * to_rate + from_rate - 1) / from_rate);
    out.reserve(wanted + 8);
    StreamResampler stream(from_rate, to_rate);
    stream.push(in, out);
    const Samples silence(static_cast<size_t>(kernel_for(from_rate, to_rate).reach) * 2 + 2, 0);
    stream.push(silence, out);
    out.resize(wanted);
    return out;
}

}  // namespace trunkline::lab
