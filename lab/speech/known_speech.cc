// Which recording is it? Energy envelopes (10 ms hop) of the turn and of every known recording are laid over each other
// at the onset; the best few are compared sample by sample. What a match leaves over is looked at again, so a turn may
// hold several utterances, and a click or a foreign voice between them shows.
#include <algorithm>
#include <cmath>
#include <mutex>
#include <optional>

#include "lab/speech/compare.h"
#include "lab/speech/listener.h"
#include "lab/speech/narrow.h"

namespace trunkline::lab {
namespace {

constexpr int kHop = 80;
constexpr int kMaxLag = 30;        // hops the onset may be off
constexpr size_t kFinalists = 16;  // by each of the two rankings
constexpr float kAlike = 0.6F;
constexpr float kLoud = 2.41F;     // log10 of 260 sample units, -42 dBFS
constexpr float kQuietest = 1.2F;  // log10: below it everything is silence
constexpr int64_t kGap = 2400;     // silence that ends an unknown stretch: 300 ms
constexpr int64_t kAdjoining = 480;

using Envelope = std::vector<float>;

Envelope envelope(std::span<const float> samples) {
    Envelope out;
    for (size_t at = 0; at + 2 * kHop <= samples.size(); at += kHop) {
        double sum = 0;
        for (size_t i = at; i < at + 2 * kHop; ++i) sum += static_cast<double>(samples[i]) * samples[i];
        out.push_back(std::max(kQuietest, static_cast<float>(0.5 * std::log10(sum / (2 * kHop) + 1e-9))));
    }
    return out;
}

int64_t first_loud(const Envelope& env, int64_t from) {
    for (auto i = static_cast<size_t>(std::max<int64_t>(from, 0)); i < env.size(); ++i) {
        if (env[i] >= kLoud) return static_cast<int64_t>(i);
    }
    return -1;
}

struct Likeness {
    float score = 0;        // significance: correlation weighed by the length it holds for
    float correlation = 0;  // bare: finds short words that a long sentence resembles by chance
    int64_t offset = 0;
};

/// Pearson correlation of both envelopes where they overlap, for the recording's hop 0 at hop `lag` of the turn.
Likeness overlay(const Envelope& turn, const Envelope& known, int64_t known_first, int64_t known_last, int64_t lag) {
    const int64_t from = std::max(known_first, -lag);
    const int64_t to = std::min(known_last, static_cast<int64_t>(turn.size()) - lag);
    const int64_t n = to - from;
    if (n < 8) return {};
    float st = 0, sk = 0, stt = 0, skk = 0, stk = 0;
    const float* t = turn.data() + from + lag;
    const float* k = known.data() + from;
    for (int64_t i = 0; i < n; ++i) {
        st += t[i];
        sk += k[i];
        stt += t[i] * t[i];
        skk += k[i] * k[i];
        stk += t[i] * k[i];
    }
    const auto count = static_cast<float>(n);
    const float variance = (stt - st * st / count) * (skk - sk * sk / count);
    if (variance <= 1e-6F) return {};
    const float r = std::clamp((stk - st * sk / count) / std::sqrt(variance), -0.999F, 0.999F);
    return {std::atanh(r) * std::sqrt(count), r, lag * kHop};
}

std::string describe(const Comparison& c) {
    if (!c.found) return "nothing known matches";
    const auto ms = [](int64_t samples) { return std::to_string(samples / 8) + " ms"; };
    std::string out = std::to_string(c.bad) + " of " + std::to_string(c.speaking) + " windows damaged";
    if (c.first_bad >= 0) out += ", first at " + ms(int64_t{c.first_bad} * kWindow);
    const int64_t slip = c.end_offset - c.offset;
    if (slip != 0) {
        out += ", " + std::to_string(std::abs(slip)) + " samples " + (slip < 0 ? "missing" : "inserted");
    }
    return out;
}

}  // namespace

struct KnownSpeech::Entry {
    RecordingPtr recording;
    Reference reference;
    Envelope env;
    int64_t onset = 0;  // hop
    int64_t end = 0;
    mutable std::once_flag narrowed_once;
    mutable std::optional<Reference> narrow;  // made when first asked for
    explicit Entry(RecordingPtr r) : recording(std::move(r)), reference(recording->samples) {
        env = envelope(reference.samples);
        onset = std::max<int64_t>(0, first_loud(env, 0));
        end = static_cast<int64_t>(env.size());
        while (end > onset && env[static_cast<size_t>(end - 1)] < kLoud) --end;
    }
    const Reference& compared(bool narrow_band) const {
        if (!narrow_band) return reference;
        std::call_once(narrowed_once, [this] { narrow.emplace(narrowed(reference.samples)); });
        return *narrow;
    }
};

namespace {

template <class Entry>
Likeness likeness(const Envelope& turn, int64_t onset, const Entry& entry) {
    Likeness best;
    const int64_t centre = onset - entry.onset;
    for (int64_t lag = centre - kMaxLag; lag <= centre + kMaxLag; ++lag) {
        const Likeness here = overlay(turn, entry.env, entry.onset, entry.end, lag);
        if (here.score > best.score) best = here;
    }
    return best;
}

/// Moves the likeliest by either ranking to the front and returns how many they are.
template <class Entry>
size_t shortlist(std::vector<std::pair<Likeness, const Entry*>>& all) {
    const size_t first = std::min(kFinalists, all.size());
    const auto middle = all.begin() + static_cast<std::ptrdiff_t>(first);
    std::partial_sort(all.begin(), middle, all.end(),
                      [](const auto& a, const auto& b) { return a.first.score > b.first.score; });
    const size_t second = std::min(kFinalists, all.size() - first);
    std::partial_sort(middle, middle + static_cast<std::ptrdiff_t>(second), all.end(),
                      [](const auto& a, const auto& b) { return a.first.correlation > b.first.correlation; });
    return first + second;
}

template <class Entry>
Match judge(const Entry& entry, const Comparison& c, const MatchLimits& limits, int64_t at) {
    Match m;
    m.name = entry.recording->name;
    m.begin = at + c.offset;
    const auto length = static_cast<int64_t>(entry.recording->samples.size());
    m.end = at + c.end_offset + (c.cut_window >= 0 ? int64_t{c.cut_window} * kWindow : length);
    m.correlation = c.mean;
    m.worst = c.worst;
    m.gain_db = c.gain_db;
    m.windows = c.speaking;
    m.bad_windows = c.bad;
    m.missing_samples = static_cast<int>(c.offset - c.end_offset);
    m.heard_seconds = static_cast<double>(m.end - m.begin) / kTelephoneRate;
    if (c.bad > limits.max_bad_windows || c.good == 0) {
        m.verdict = Verdict::kSpoilt;
        m.reason = describe(c);
    } else if (std::abs(c.gain_db) > limits.max_gain_db) {
        m.verdict = Verdict::kSpoilt;
        m.reason = "gain " + std::to_string(c.gain_db) + " dB";
    } else if (c.cut_window >= 0) {
        m.verdict = Verdict::kCutShort;
        m.text = entry.recording->text;
        m.reason =
            "cut short after " + std::to_string(c.cut_window * 20) + " ms of " + std::to_string(length / 8) + " ms";
    } else {
        m.verdict = Verdict::kClean;
        m.text = entry.recording->text;
    }
    return m;
}

Match unknown_stretch(const Envelope& env, int64_t onset, int64_t at) {
    Match m;
    m.reason = "nothing known matches";
    m.begin = at + onset * kHop;
    int64_t last = onset;
    for (int64_t i = onset; i < static_cast<int64_t>(env.size()) && (i - last) * kHop < kGap; ++i) {
        if (env[static_cast<size_t>(i)] >= kLoud) last = i;
    }
    m.end = at + (last + 2) * kHop;
    m.heard_seconds = static_cast<double>(m.end - m.begin) / kTelephoneRate;
    return m;
}

/// A beginning that runs straight into something unknown was not cut short: it was damaged.
void reconsider(std::vector<Match>& matches) {
    for (size_t i = 0; i + 1 < matches.size(); ++i) {
        Match& m = matches[i];
        const Match& next = matches[i + 1];
        if (m.verdict != Verdict::kCutShort || next.verdict == Verdict::kClean || next.verdict == Verdict::kCutShort) {
            continue;
        }
        if (next.begin - m.end > kAdjoining) continue;
        m.verdict = Verdict::kSpoilt;
        m.text.clear();
        m.reason += ", followed by unknown sound";
    }
}

}  // namespace

const char* to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::kClean:
            return "clean";
        case Verdict::kCutShort:
            return "cut-short";
        case Verdict::kSpoilt:
            return "spoilt";
        case Verdict::kUnknown:
            break;
    }
    return "unknown";
}

KnownSpeech::KnownSpeech() : index_(std::make_shared<Index>()) {}
KnownSpeech::~KnownSpeech() = default;

void KnownSpeech::add(const RecordingPtr& recording) {
    if (!recording) return;
    const std::lock_guard lock(mutex_);
    for (const auto& entry : *index_) {
        if (entry->recording->name == recording->name) return;
    }
    auto next = std::make_shared<Index>(*index_);
    next->push_back(std::make_shared<Entry>(recording));
    index_ = std::move(next);
}

size_t KnownSpeech::size() const { return snapshot()->size(); }

std::shared_ptr<const KnownSpeech::Index> KnownSpeech::snapshot() const {
    const std::lock_guard lock(mutex_);
    return index_;
}

std::vector<Match> KnownSpeech::identify(std::span<const int16_t> turn, int64_t at, const MatchLimits& limits) const {
    const auto index = snapshot();
    std::vector<float> heard(turn.begin(), turn.end());
    const Envelope env = envelope(heard);
    if (limits.narrow) heard = narrowed(heard);
    std::vector<Match> matches;
    for (int64_t onset = first_loud(env, 0); onset >= 0;) {
        std::vector<std::pair<Likeness, const Entry*>> ranked;
        for (const auto& entry : *index) {
            const Likeness l = likeness(env, onset, *entry);
            if (l.score > 0) ranked.emplace_back(l, entry.get());
        }
        const size_t keep = shortlist(ranked);
        const Entry* best_entry = nullptr;
        Comparison best;
        for (size_t i = 0; i < ranked.size(); ++i) {
            // The others only when the shortlist knows nothing, and if they are alike at all.
            if (i >= keep && (best_entry || ranked[i].first.correlation < kAlike)) continue;
            const Comparison c =
                compare(heard, ranked[i].second->compared(limits.narrow), ranked[i].first.offset, 2 * kHop, limits);
            if (!c.found || (best_entry && c.good <= best.good)) continue;
            best = c;
            best_entry = ranked[i].second;
            if (best.good == best.speaking) break;
        }
        if (best_entry && best.good >= 3) {
            matches.push_back(judge(*best_entry, best, limits, at));
        } else {
            matches.push_back(unknown_stretch(env, onset, at));
        }
        const int64_t past = (matches.back().end - at + kHop - 1) / kHop;
        onset = first_loud(env, std::max(past, onset + 2));
    }
    reconsider(matches);
    return matches;
}

}  // namespace trunkline::lab
