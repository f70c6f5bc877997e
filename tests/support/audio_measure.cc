#include "tests/support/audio_measure.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <numeric>
#include <tuple>
#include <utility>

#include "lab/speech/pcm.h"

namespace trunkline::test {
namespace {

constexpr int kCrossings = 64;  // of the sinc, to each side
constexpr double kBeta = 10;    // Kaiser: 100 dB
constexpr double kSpeaks = 150, kSilent = 1;

double bessel(double x) {
    double sum = 1, term = 1;
    for (int k = 1; term > 1e-12 * sum; ++k) sum += term *= (x / (2 * k)) * (x / (2 * k));
    return sum;
}

double kernel(double t, double cutoff, double reach) {
    if (std::abs(t) >= reach) return 0;
    const double x = std::numbers::pi * t * cutoff;
    const double sinc = std::abs(x) < 1e-12 ? 1 : std::sin(x) / x;
    const double r = t / reach;
    return cutoff * sinc * bessel(kBeta * std::sqrt(1 - r * r)) / bessel(kBeta);
}

double level(const double* x, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; ++i) sum += x[i] * x[i];
    return std::sqrt(sum / static_cast<double>(count));
}

/// The band of the telephone, up to 3.4 kHz: above it two good converters differ by their filters' slopes.
Wave telephone_band(const Wave& in, int rate) {
    const double cutoff = 2 * 3'400.0 / rate;
    const auto reach = static_cast<int64_t>(std::ceil(kCrossings / cutoff));
    std::vector<double> taps;
    for (int64_t k = -reach; k <= reach; ++k)
        taps.push_back(kernel(static_cast<double>(k), cutoff, static_cast<double>(reach)));
    Wave out(in.size());
    const auto size = static_cast<int64_t>(in.size());
    for (int64_t n = 0; n < size; ++n) {
        double sum = 0;
        for (int64_t k = std::max(-reach, -n); k <= std::min(reach, size - 1 - n); ++k)
            sum += taps[static_cast<size_t>(k + reach)] * in[static_cast<size_t>(n + k)];
        out[static_cast<size_t>(n)] = sum;
    }
    return out;
}

double power(const Wave& wave) { return std::inner_product(wave.begin(), wave.end(), wave.begin(), 0.0); }

double ratio_db(const Wave& signal, const Wave& error, int rate) {
    if (power(error) == 0) return AudioReport::kExact;
    return 10 * std::log10(power(telephone_band(signal, rate)) / power(telephone_band(error, rate)));
}

/// The reference and what came out, and where one lies in the other.
class Comparison {
  public:
    Comparison(std::span<const int16_t> sent, int sent_rate, std::span<const int16_t> got, int rate,
               const AudioLimits& limits)
        : sent_(sent),
          sent_rate_(sent_rate),
          rate_(rate),
          limits_(limits),
          ref_(convert(sent, sent_rate, rate)),
          got_(got.begin(), got.end()),
          block_(rate / 10) {}

    AudioReport run() {
        report_.found = locate();
        if (!report_.found) return report_;
        follow();
        refine();
        judge();
        return report_;
    }

  private:
    int64_t size() const { return static_cast<int64_t>(got_.size()); }
    int64_t length() const { return static_cast<int64_t>(ref_.size()); }

    double correlation(int64_t at, int64_t count, int64_t lag) const {
        if (at + lag < 0 || at + lag + count > size()) return -1;
        const double* a = ref_.data() + at;
        const double* b = got_.data() + at + lag;
        double ab = 0, aa = 0, bb = 0;
        for (int64_t i = 0; i < count; ++i) ab += a[i] * b[i], aa += a[i] * a[i], bb += b[i] * b[i];
        return aa <= 0 || bb <= 0 ? -1 : ab / std::sqrt(aa * bb);
    }
    /// The lag of `[from, to]` that fits best, and how well.
    std::pair<int64_t, double> best(int64_t at, int64_t count, int64_t from, int64_t to) const {
        std::pair<int64_t, double> found{from, -1};
        for (int64_t lag = from; lag <= to; ++lag) {
            if (const double c = correlation(at, count, lag); c > found.second) found = {lag, c};
        }
        return found;
    }
    /// Between the samples: the top of the parabola through three of them.
    double fraction(int64_t at, int64_t count, int64_t lag) const {
        const double l = correlation(at, count, lag - 1), m = correlation(at, count, lag),
                     r = correlation(at, count, lag + 1);
        const double curve = l - 2 * m + r;
        return l < -0.5 || r < -0.5 || curve >= 0 ? 0 : (l - r) / (2 * curve);
    }

    /// The first speech of the reference, anywhere in the first two minutes of what came out.
    bool locate() {
        int64_t at = 0;
        while (at + 2 * block_ <= length() && level(ref_.data() + at, block_) < kSpeaks) at += block_ / 2;
        if (at + 2 * block_ > length()) return false;
        const auto [lag, fits] = best(at, 2 * block_, -at, std::min(size(), int64_t{120} * rate_) - at - 2 * block_);
        if (fits <= 0.7) return false;
        lag_ = lag;
        // Between two samples high tones fit nowhere: what follows is compared with a reference moved there.
        shift_ = -fraction(at, 2 * block_, lag);
        if (std::abs(shift_) < 0.02) {
            shift_ = 0;
        } else {
            ref_ = convert(sent_, sent_rate_, rate_, shift_);
        }
        return true;
    }

    void follow() {
        double least = 1e18, most = -1e18;
        std::vector<double> delays;
        for (int64_t at = 0; at + block_ <= length(); at += block_) {
            if (level(ref_.data() + at, block_) < kSpeaks) continue;
            ++report_.blocks;
            auto [lag, fits] = best(at, block_, lag_ - 8, lag_ + 8);
            if (fits < 0.9) std::tie(lag, fits) = best(at, block_, lag_ - rate_ / 2, lag_ + rate_ / 2);
            if (fits < 0.9) {
                ++report_.lost_blocks;
                continue;
            }
            if (lag > lag_) report_.doubled += lag - lag_;
            if (lag < lag_) report_.missing += lag_ - lag;
            lag_ = lag;
            delays.push_back(static_cast<double>(lag) + fraction(at, block_, lag) - shift_);
            least = std::min(least, delays.back());
            most = std::max(most, delays.back());
        }
        if (delays.empty()) return;
        std::nth_element(delays.begin(), delays.begin() + static_cast<std::ptrdiff_t>(delays.size() / 2), delays.end());
        report_.delay = delays[delays.size() / 2];
        report_.delay_drift = most - least;
    }

    /// Delay and gain that leave the least error, by Gauss and Newton.
    void refine() {
        const double whole = std::round(report_.delay);
        shift_ = std::abs(report_.delay - whole) < 0.02 ? 0 : whole - report_.delay;
        lag_ = static_cast<int64_t>(whole);
        for (int round = 0; round < 4; ++round) {
            ref_ = convert(sent_, sent_rate_, rate_, shift_);
            double aa = 0, ab = 0, bb = 0, ag = 0, bg = 0;
            for (int64_t i = std::max<int64_t>(1, -lag_); i + 1 < length() && i + lag_ < size(); ++i) {
                const double a = at_ref(i), b = (at_ref(i + 1) - at_ref(i - 1)) / 2, g = at_got(i);
                aa += a * a, ab += a * b, bb += b * b, ag += a * g, bg += b * g;
            }
            const double det = aa * bb - ab * ab;
            if (det <= 0) return;
            gain_ = (ag * bb - bg * ab) / det;
            const double step = (bg * aa - ag * ab) / det / gain_;
            if (std::abs(step) < (shift_ == 0 ? 1e-3 : 1e-5)) break;  // a whole number of samples, or near enough
            shift_ += step;
        }
        if (std::abs(gain_ - 1) < 1e-4) gain_ = 1;
        report_.delay = static_cast<double>(lag_) - shift_;
        report_.gain_db = 20 * std::log10(gain_);
    }
    double at_ref(int64_t i) const { return ref_[static_cast<size_t>(i)]; }
    double at_got(int64_t i) const { return got_[static_cast<size_t>(i + lag_)]; }

    void judge() {
        const int64_t from = std::max<int64_t>(0, -lag_), to = std::min(length(), size() - lag_);
        Wave signal, error;
        for (int64_t i = from; i < to; ++i) {
            signal.push_back(gain_ * at_ref(i));
            error.push_back(at_got(i) - signal.back());
        }
        report_.snr_db = ratio_db(signal, error, rate_);
        report_.seconds = static_cast<double>(to - from) / rate_;
        if (report_.snr_db < AudioReport::kExact) count_clicks(signal, telephone_band(error, rate_));
        int64_t quiet = 0;
        for (int64_t i = from; i < to; ++i) {
            quiet = std::abs(at_ref(i)) < kSilent ? quiet + 1 : 0;
            // The middle of a silence: 20 ms behind its beginning and, by looking back, before its end.
            if (quiet > block_ / 2)
                report_.silence_peak = std::max(report_.silence_peak, std::abs(at_got(i - block_ / 5)));
        }
    }

    /// A codec's error follows the signal around it; a seam does not.
    void count_clicks(const Wave& signal, const Wave& error) {
        const size_t near = static_cast<size_t>(rate_) / 500;
        for (size_t i = near; i + near < error.size(); ++i) {
            if (std::abs(error[i]) < limits_.click_floor) continue;
            double around = 0;
            for (size_t k = i - near; k <= i + near; ++k) around = std::max(around, std::abs(signal[k]));
            report_.clicks += std::abs(error[i]) > around * limits_.click_ratio;
        }
    }

    const std::span<const int16_t> sent_;
    const int sent_rate_, rate_;
    const AudioLimits limits_;
    Wave ref_, got_;
    const int64_t block_;
    int64_t lag_ = 0;
    double shift_ = 0, gain_ = 1;
    AudioReport report_;
};

}  // namespace

Wave convert(std::span<const int16_t> in, int from_rate, int to_rate, double shift) {
    const int common = std::gcd(from_rate, to_rate);
    const int up = to_rate / common, down = from_rate / common;
    if (up == down && shift == 0) return {in.begin(), in.end()};
    // A copy at the same rate is only moved: its whole band stays.
    const double cutoff = up == down ? 1 : 0.95 * std::min(1.0, static_cast<double>(to_rate) / from_rate);
    const double reach = kCrossings / cutoff;
    const auto count = static_cast<int64_t>(static_cast<int64_t>(in.size()) * up / down);
    const int taps = 2 * static_cast<int>(std::ceil(reach)) + 2;
    const double moved = shift * down / up;  // in samples of the input
    std::vector<std::vector<double>> rows(static_cast<size_t>(up));
    for (int p = 0; p < up; ++p) {
        const double place = static_cast<double>(static_cast<int64_t>(p) * down % up) / up + moved;
        auto& row = rows[static_cast<size_t>(p)];
        double sum = 0;
        for (int k = 0; k < taps; ++k) {
            row.push_back(kernel(place - (k - taps / 2), cutoff, reach));
            sum += row.back();
        }
        for (double& tap : row) tap /= sum;
    }
    Wave out(static_cast<size_t>(count));
    for (int64_t n = 0; n < count; ++n) {
        const int64_t first = n * down / up - taps / 2;
        const auto& row = rows[static_cast<size_t>(n % up)];
        double sum = 0;
        for (int64_t k = std::max<int64_t>(0, -first); k < taps && first + k < static_cast<int64_t>(in.size()); ++k)
            sum += row[static_cast<size_t>(k)] * in[static_cast<size_t>(first + k)];
        out[static_cast<size_t>(n)] = sum;
    }
    return out;
}

AudioReport measure(std::span<const int16_t> sent, int sent_rate, std::span<const int16_t> got, int got_rate,
                    const AudioLimits& limits) {
    return Comparison(sent, sent_rate, got, got_rate, limits).run();
}

double mulaw_limit_db(std::span<const int16_t> sent, int sent_rate, int rate) {
    const Wave ref = convert(sent, sent_rate, rate);
    Wave error;
    for (const double x : ref) {
        const auto sample = static_cast<int16_t>(std::clamp(std::lround(x), -32'768L, 32'767L));
        error.push_back(lab::ulaw_decode(lab::ulaw_encode(sample)) - x);
    }
    return ratio_db(ref, error, rate);
}

std::string AudioReport::text() const {
    char line[400];
    if (!found) return "not found";
    std::snprintf(
        line, sizeof line,
        "%.1f s, delay %.3f drift %.3f samples, missing %lld doubled %lld, lost blocks %zu of %zu, gain %.3f dB, "
        "SNR %.1f dB, clicks %zu, silence peak %.0f",
        seconds, delay, delay_drift, static_cast<long long>(missing), static_cast<long long>(doubled), lost_blocks,
        blocks, gain_db, snr_db, clicks, silence_peak);
    return line;
}

}  // namespace trunkline::test
