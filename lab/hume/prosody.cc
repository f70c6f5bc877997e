#include "lab/hume/prosody.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace trunkline::lab::hume {
namespace {

uint64_t hashed(const std::string& text) {  // FNV-1a
    uint64_t hash = 0xCBF29CE484222325U;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
    return hash;
}

/// The next number of a sequence, in [0, 1) (SplitMix64).
double draw(uint64_t& state) {
    state += 0x9E3779B97F4A7C15U;
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

size_t index_of(std::string_view name) {
    const auto& names = expression_names();
    return static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

struct Cue {
    const char* in_words;
    const char* expression;
};

/// Words that make an expression likely.
constexpr Cue kCues[] = {{"?", "Interest"},
                         {"sorry", "Sympathy"},
                         {"thank", "Satisfaction"},
                         {"!", "Excitement"},
                         {"invalid", "Disappointment"},
                         {"please", "Determination"},
                         {"wait", "Calmness"},
                         {"not", "Doubt"},
                         {"congrat", "Joy"}};

double rounded(double value) { return std::round(value * 1e6) / 1e6; }

}  // namespace

const std::array<std::string_view, kExpressionCount>& expression_names() {
    static constexpr std::array<std::string_view, kExpressionCount> kNames = {"Admiration",
                                                                              "Adoration",
                                                                              "Aesthetic Appreciation",
                                                                              "Amusement",
                                                                              "Anger",
                                                                              "Anxiety",
                                                                              "Awe",
                                                                              "Awkwardness",
                                                                              "Boredom",
                                                                              "Calmness",
                                                                              "Concentration",
                                                                              "Confusion",
                                                                              "Contemplation",
                                                                              "Contempt",
                                                                              "Contentment",
                                                                              "Craving",
                                                                              "Desire",
                                                                              "Determination",
                                                                              "Disappointment",
                                                                              "Disgust",
                                                                              "Distress",
                                                                              "Doubt",
                                                                              "Ecstasy",
                                                                              "Embarrassment",
                                                                              "Empathic Pain",
                                                                              "Entrancement",
                                                                              "Envy",
                                                                              "Excitement",
                                                                              "Fear",
                                                                              "Guilt",
                                                                              "Horror",
                                                                              "Interest",
                                                                              "Joy",
                                                                              "Love",
                                                                              "Nostalgia",
                                                                              "Pain",
                                                                              "Pride",
                                                                              "Realization",
                                                                              "Relief",
                                                                              "Romance",
                                                                              "Sadness",
                                                                              "Satisfaction",
                                                                              "Shame",
                                                                              "Surprise (negative)",
                                                                              "Surprise (positive)",
                                                                              "Sympathy",
                                                                              "Tiredness",
                                                                              "Triumph"};
    return kNames;
}

Scores prosody_of(const std::string& recording, const std::string& words) {
    uint64_t state = hashed(recording + "\n" + words);
    Scores scores{};
    for (double& score : scores) score = rounded(0.0005 + 0.09 * std::pow(draw(state), 4));
    for (int i = 0; i < 3; ++i) {
        auto& score = scores[static_cast<size_t>(draw(state) * kExpressionCount)];
        score = std::max(score, rounded(0.15 + 0.3 * draw(state)));
    }
    for (const Cue& cue : kCues) {
        if (words.find(cue.in_words) == std::string::npos) continue;
        auto& score = scores[index_of(cue.expression)];
        score = std::max(score, rounded(0.45 + 0.3 * draw(state)));
    }
    return scores;
}

}  // namespace trunkline::lab::hume
