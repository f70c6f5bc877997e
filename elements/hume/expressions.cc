#include "elements/hume/expressions.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace trunkline::hume {

namespace {
constexpr auto kPos = Sentiment::kPositive;
constexpr auto kNeu = Sentiment::kNeutral;
constexpr auto kNeg = Sentiment::kNegative;
}  // namespace

const std::array<Expression, kExpressions> kExpressionTable{{
    {"Admiration", kPos},
    {"Adoration", kPos},
    {"Aesthetic Appreciation", kPos},
    {"Amusement", kPos},
    {"Anger", kNeg},
    {"Anxiety", kNeg},
    {"Awe", kPos},
    {"Awkwardness", kNeg},
    {"Boredom", kNeg},
    {"Calmness", kNeu},
    {"Concentration", kNeu},
    {"Confusion", kNeu},
    {"Contemplation", kNeu},
    {"Contempt", kNeg},
    {"Contentment", kPos},
    {"Craving", kNeu},
    {"Desire", kNeu},
    {"Determination", kNeu},
    {"Disappointment", kNeg},
    {"Disgust", kNeg},
    {"Distress", kNeg},
    {"Doubt", kNeg},
    {"Ecstasy", kPos},
    {"Embarrassment", kNeg},
    {"Empathic Pain", kNeg},
    {"Entrancement", kPos},
    {"Envy", kNeg},
    {"Excitement", kPos},
    {"Fear", kNeg},
    {"Guilt", kNeg},
    {"Horror", kNeg},
    {"Interest", kNeu},
    {"Joy", kPos},
    {"Love", kPos},
    {"Nostalgia", kNeu},
    {"Pain", kNeg},
    {"Pride", kPos},
    {"Realization", kNeu},
    {"Relief", kPos},
    {"Romance", kPos},
    {"Sadness", kNeg},
    {"Satisfaction", kPos},
    {"Shame", kNeg},
    {"Surprise (negative)", kNeg},
    {"Surprise (positive)", kPos},
    {"Sympathy", kNeu},
    {"Tiredness", kNeg},
    {"Triumph", kPos},
}};

const char* to_string(Sentiment sentiment) {
    switch (sentiment) {
        case Sentiment::kNegative:
            return "negative";
        case Sentiment::kPositive:
            return "positive";
        case Sentiment::kNeutral:
            break;
    }
    return "neutral";
}

std::optional<size_t> find_expression(std::string_view name) {
    const auto at = std::lower_bound(kExpressionTable.begin(), kExpressionTable.end(), name,
                                     [](const Expression& e, std::string_view n) { return e.name < n; });
    if (at == kExpressionTable.end() || at->name != name) return std::nullopt;
    return static_cast<size_t>(at - kExpressionTable.begin());
}

Mood mood_of(const Scores& scores) {
    double positive = 0, negative = 0, neutral = 0;
    for (size_t i = 0; i < kExpressions; ++i) {
        if (scores[i] < kBackground) continue;
        switch (kExpressionTable[i].group) {
            case Sentiment::kPositive:
                positive += scores[i];
                break;
            case Sentiment::kNegative:
                negative += scores[i];
                break;
            case Sentiment::kNeutral:
                neutral += scores[i];
                break;
        }
    }
    const double all = positive + negative + neutral;
    if (all <= 0) return {};
    const double net = (positive - negative) / all;
    if (net > kNeutralBand) return {Sentiment::kPositive, positive / all, net};
    if (net < -kNeutralBand) return {Sentiment::kNegative, negative / all, net};
    // What cancels out is neutral as well.
    return {Sentiment::kNeutral, 1 - std::abs(net), net};
}

std::array<size_t, 3> top_three(const Scores& scores) {
    std::array<size_t, kExpressions> order{};
    std::iota(order.begin(), order.end(), size_t{0});
    std::partial_sort(order.begin(), order.begin() + 3, order.end(),
                      [&](size_t a, size_t b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; });
    return {order[0], order[1], order[2]};
}

}  // namespace trunkline::hume
