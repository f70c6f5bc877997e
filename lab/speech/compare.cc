// Three steps: anchors (100 ms pieces of the recording, searched by normalised cross-correlation) give the offset; a
// walk over all 20 ms windows demands correlation, equal level and nothing added; where the walk fails, a search nearby
// tells whether samples were lost or inserted.
#include "lab/speech/compare.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

namespace trunkline::lab {
namespace {

constexpr int kAnchor = 800;
constexpr double kAnchorFound = 0.8;
constexpr int kRealign = 480;
constexpr int64_t kRealignReach = 1600;
constexpr int kRealignTries = 8;
constexpr double kAddedFloor = 150;  // sample units a pause may differ by

double dot(const float* a, const float* b, size_t n) {
    float lanes[8] = {};
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        for (size_t k = 0; k < 8; ++k) lanes[k] += a[i + k] * b[i + k];
    }
    double sum = 0;
    for (const float lane : lanes) sum += lane;
    for (; i < n; ++i) sum += a[i] * b[i];
    return sum;
}

struct Piece {
    double correlation = 0;
    double gain = 0;
    double residual = 0;  // rms of heard - gain 1 × recorded
};

std::optional<Piece> piece_at(std::span<const float> heard, const std::vector<float>& ref, int64_t ref_at,
                              int64_t offset, int64_t length) {
    const int64_t at = ref_at + offset;
    if (at < 0 || at + length > static_cast<int64_t>(heard.size()) || ref_at < 0 ||
        ref_at + length > static_cast<int64_t>(ref.size())) {
        return std::nullopt;
    }
    const float* h = heard.data() + at;
    const float* r = ref.data() + ref_at;
    const auto n = static_cast<size_t>(length);
    const double hr = dot(h, r, n), hh = dot(h, h, n), rr = dot(r, r, n);
    Piece out;
    if (hh > 0 && rr > 0) out.correlation = hr / std::sqrt(hh * rr);
    if (rr > 0) out.gain = hr / rr;
    out.residual = std::sqrt(std::max(0.0, hh - 2 * hr + rr) / static_cast<double>(n));
    return out;
}

struct Found {
    int64_t offset = 0;
    double correlation = -1;
};

Found search(std::span<const float> heard, const std::vector<float>& ref, int64_t ref_at, int64_t from, int64_t to,
             int64_t length) {
    Found best;
    for (int64_t offset = from; offset <= to; ++offset) {
        const auto piece = piece_at(heard, ref, ref_at, offset, length);
        if (piece && piece->correlation > best.correlation) best = {offset, piece->correlation};
    }
    return best;
}

/// The recording as it would sound `fraction` of a sample later.
std::vector<float> delayed(const std::vector<float>& in, double fraction) {
    constexpr int kHalf = 16;
    float taps[2 * kHalf];
    for (int k = 0; k < 2 * kHalf; ++k) {
        const double x = k - kHalf + 1 - (1 - fraction);
        const double angle = std::numbers::pi * x;
        const double window = 0.5 + 0.5 * std::cos(std::numbers::pi * x / (kHalf + 1));
        taps[k] = static_cast<float>((std::abs(angle) < 1e-9 ? 1 : std::sin(angle) / angle) * window);
    }
    std::vector<float> out(in.size());
    for (size_t i = 0; i < in.size(); ++i) {
        float sum = 0;
        for (int k = 0; k < 2 * kHalf; ++k) {
            const int64_t at = static_cast<int64_t>(i) + k - kHalf;
            if (at >= 0 && at < static_cast<int64_t>(in.size())) sum += taps[k] * in[static_cast<size_t>(at)];
        }
        out[i] = sum;
    }
    return out;
}

/// Loud places of the recording, in order of time.
std::vector<int64_t> anchors(const Reference& ref) {
    std::vector<int64_t> out;
    const size_t parts = std::clamp<size_t>((ref.last - ref.first) / 15, 1, 4);
    const size_t span = (ref.last - ref.first + parts - 1) / parts;
    for (size_t p = 0; p < parts; ++p) {
        const size_t from = ref.first + p * span, to = std::min(ref.last, from + span);
        double best = -1;
        size_t at = from;
        for (size_t w = from; w < to; ++w) {
            double energy = 0;
            for (size_t k = w; k < std::min(w + kAnchor / kWindow, ref.level.size()); ++k) {
                energy += static_cast<double>(ref.level[k]) * ref.level[k];
            }
            if (energy > best) {
                best = energy;
                at = w;
            }
        }
        out.push_back(static_cast<int64_t>(at) * kWindow);
    }
    return out;
}

/// Walks the windows and fills a Comparison.
class Walk {
  public:
    Walk(std::span<const float> heard, const Reference& ref, const std::vector<float>& samples, int64_t offset,
         const MatchLimits& limits)
        : heard_(heard), ref_(ref), samples_(samples), limits_(limits), offset_(offset) {
        out_.found = true;
        out_.offset = offset;
    }

    Comparison run() {
        for (size_t w = 0; w < ref_.level.size(); ++w) {
            const bool good = window(w);
            if (ref_.speaks(w)) {
                ++out_.speaking;
                if (good) ++out_.good;
            }
            states_.push_back(good);
        }
        summarise();
        return out_;
    }

  private:
    bool window(size_t w) {
        const int64_t at = static_cast<int64_t>(w) * kWindow;
        auto piece = piece_at(heard_, samples_, at, offset_, kWindow);
        if (!ref_.speaks(w)) {
            // Outside the turn nothing loud was heard; inside, a pause must be as quiet as the recording's.
            return !piece || piece->residual <= std::max<double>(kAddedFloor, ref_.level[w]);
        }
        bool good = piece && intact(*piece, w);
        if (!good && tries_ > 0 && out_.good > 0) {
            --tries_;
            const Found again =
                search(heard_, samples_, at, offset_ - kRealignReach, offset_ + kRealignReach, kRealign);
            if (again.correlation >= 0.93 && again.offset != offset_) {
                offset_ = again.offset;
                shifted_ = true;
                piece = piece_at(heard_, samples_, at, offset_, kWindow);
                ++slips_;
                good = piece && intact(*piece, w);
            }
        }
        const double correlation = piece ? piece->correlation : 0;
        correlations_.push_back(correlation);
        if (good) gains_.push_back(piece->gain);
        return good;
    }

    bool intact(const Piece& piece, size_t w) const {
        // The gain of one window may differ a little more than the whole's: companding noise in quiet ones.
        const double deviation = std::abs(20 * std::log10(std::max(piece.gain, 1e-3)) - reference_gain_db());
        return piece.correlation >= limits_.min_correlation && deviation <= std::max(3.0, 2 * limits_.max_gain_db) &&
               ref_.level[w] > 0;
    }

    double reference_gain_db() const {
        if (gains_.empty()) return 0;
        return 20 * std::log10(std::max(gains_.back(), 1e-3));
    }

    void summarise() {
        out_.end_offset = offset_;
        find_cut();
        const size_t limit = out_.cut_window >= 0 ? static_cast<size_t>(out_.cut_window) : states_.size();
        for (size_t w = 0; w < limit; ++w) {
            if (states_[w]) continue;
            ++out_.bad;
            if (out_.first_bad < 0) out_.first_bad = static_cast<int>(w);
        }
        if (shifted_ && out_.bad == 0) {
            out_.bad = slips_;  // every window is there, but not at its time
        }
        size_t n = 0;
        for (size_t w = 0, k = 0; w < limit; ++w) {
            if (!ref_.speaks(w)) continue;
            out_.mean += correlations_[k];
            out_.worst = std::min(out_.worst, correlations_[k]);
            ++k;
            ++n;
        }
        if (n > 0) out_.mean /= static_cast<double>(n);
        if (gains_.empty()) return;
        std::nth_element(gains_.begin(), gains_.begin() + static_cast<std::ptrdiff_t>(gains_.size() / 2), gains_.end());
        out_.gain_db = 20 * std::log10(std::max(gains_[gains_.size() / 2], 1e-3));
    }

    // The longest tail without an intact speaking window, when a speaking window is absent at the very end.
    void find_cut() {
        size_t cut = states_.size();
        bool lost = false;
        for (size_t w = states_.size(); w-- > 0;) {
            if (ref_.speaks(w) && states_[w]) break;
            if (ref_.speaks(w)) lost = true;
            cut = w;
        }
        if (lost && out_.good > 0) out_.cut_window = static_cast<int>(cut);
    }

    std::span<const float> heard_;
    const Reference& ref_;
    const std::vector<float>& samples_;
    const MatchLimits& limits_;
    int64_t offset_;
    int tries_ = kRealignTries;
    bool shifted_ = false;
    int slips_ = 0;
    std::vector<bool> states_;
    std::vector<double> correlations_;
    std::vector<double> gains_;
    Comparison out_;
};

}  // namespace

Reference::Reference(std::span<const int16_t> pcm) : Reference(std::vector<float>(pcm.begin(), pcm.end())) {}

Reference::Reference(std::vector<float> pcm) : samples(std::move(pcm)) {
    const size_t windows = (samples.size() + kWindow - 1) / kWindow;
    samples.resize(windows * kWindow, 0.0F);
    last = 0;
    first = windows;
    for (size_t w = 0; w < windows; ++w) {
        const float* s = &samples[w * kWindow];
        level.push_back(static_cast<float>(std::sqrt(dot(s, s, kWindow) / kWindow)));
        if (!speaks(w)) continue;
        first = std::min(first, w);
        last = w + 1;
    }
    first = std::min(first, last);
}

Comparison compare(std::span<const float> heard, const Reference& ref, int64_t coarse, int64_t radius,
                   const MatchLimits& limits) {
    Comparison none;
    if (ref.first >= ref.last) return none;
    for (const int64_t at : anchors(ref)) {
        const int64_t length = std::min<int64_t>(kAnchor, static_cast<int64_t>(ref.samples.size()) - at);
        const Found found = search(heard, ref.samples, at, coarse - radius, coarse + radius, length);
        if (found.correlation < kAnchorFound) continue;
        Comparison best = Walk(heard, ref, ref.samples, found.offset, limits).run();
        if (found.correlation > 0.995) return best;
        // A resampled path delays by a part of a sample, which costs correlation where the voice is high.
        for (const double fraction : {0.25, 0.5, 0.75}) {
            const std::vector<float> shifted = delayed(ref.samples, fraction);
            const Found again = search(heard, shifted, at, found.offset - 1, found.offset + 1, length);
            if (again.correlation < found.correlation) continue;
            Comparison other = Walk(heard, ref, shifted, again.offset, limits).run();
            if (other.good > best.good) best = other;
        }
        return best;
    }
    return none;
}

}  // namespace trunkline::lab
