#pragma once
// The 48 vocal expressions that Hume scores, and the sentiment that is made of them. The rule is docs/emotions.md.
// Pure.
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace trunkline::hume {

enum class Sentiment { kNegative, kNeutral, kPositive };
const char* to_string(Sentiment sentiment);  ///< "negative", "neutral", "positive"

struct Expression {
    std::string_view name;  ///< as on the wire: "Surprise (negative)"
    Sentiment group;
};
inline constexpr size_t kExpressions = 48;
extern const std::array<Expression, kExpressions> kExpressionTable;  ///< in the order of their names

/// Place in the table; nothing for a name that is none.
std::optional<size_t> find_expression(std::string_view name);

/// Scores in the order of the table, each 0…1.
using Scores = std::array<double, kExpressions>;

/// Below this a score says nothing: many weak ones must not outweigh a strong one.
inline constexpr double kBackground = 0.05;
/// How far the net of both groups must be from zero to be more than neutral.
inline constexpr double kNeutralBand = 0.1;

struct Mood {
    Sentiment sentiment = Sentiment::kNeutral;
    double confidence = 0;  ///< the winning group's share, 0…1; 0 when nothing was above the background
    double net = 0;         ///< positive minus negative, as a share of all: -1…1
};
Mood mood_of(const Scores& scores);

/// Places of the three highest scores, highest first; equal ones in the order of the table.
std::array<size_t, 3> top_three(const Scores& scores);

}  // namespace trunkline::hume
