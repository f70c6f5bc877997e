#pragma once
// Expression scores: all 48 names, and scores that a recording always gets again.
#include <array>
#include <string>
#include <string_view>

namespace trunkline::lab::hume {

inline constexpr size_t kExpressionCount = 48;
using Scores = std::array<double, kExpressionCount>;

const std::array<std::string_view, kExpressionCount>& expression_names();

/// Few high scores and many near zero, as of a real voice. The same for the same recording and words on every machine.
Scores prosody_of(const std::string& recording, const std::string& words);

}  // namespace trunkline::lab::hume
