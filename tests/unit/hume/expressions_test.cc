// The 48 expressions and the rule of docs/emotions.md.
#include "elements/hume/expressions.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace trunkline::hume {
namespace {

Scores with(std::initializer_list<std::pair<const char*, double>> list) {
    Scores scores{};
    for (const auto& [name, score] : list) scores[find_expression(name).value()] = score;
    return scores;
}

TEST(HumeExpressions, EachIsFoundByItsExactNameOnly) {
    for (size_t i = 0; i < kExpressions; ++i) EXPECT_EQ(find_expression(kExpressionTable[i].name), i);
    for (const char* name : {"", "joy", "Joy ", "Surprise", "surpriseNegative", "Zeal", "Aaa"})
        EXPECT_FALSE(find_expression(name)) << name;
}

TEST(HumeExpressions, TheMoodIsTheNetOfTheGroups) {
    EXPECT_EQ(mood_of(with({{"Joy", 0.6}, {"Calmness", 0.2}})).sentiment, Sentiment::kPositive);
    EXPECT_EQ(mood_of(with({{"Anger", 0.6}, {"Joy", 0.1}})).sentiment, Sentiment::kNegative);
    EXPECT_EQ(mood_of(with({{"Calmness", 0.6}, {"Interest", 0.3}})).sentiment, Sentiment::kNeutral);
    EXPECT_EQ(mood_of(with({{"Joy", 0.4}, {"Sadness", 0.4}})).sentiment, Sentiment::kNeutral) << "they cancel out";
}

TEST(HumeExpressions, TheConfidenceIsTheWinnersShare) {
    const Mood glad = mood_of(with({{"Joy", 0.6}, {"Anger", 0.1}, {"Calmness", 0.3}}));
    EXPECT_DOUBLE_EQ(glad.confidence, 0.6);
    EXPECT_DOUBLE_EQ(glad.net, 0.5);
    EXPECT_DOUBLE_EQ(mood_of(with({{"Calmness", 0.5}})).confidence, 1);
    EXPECT_DOUBLE_EQ(mood_of(with({{"Joy", 0.3}, {"Sadness", 0.3}})).confidence, 1);
}

TEST(HumeExpressions, JustInsideTheBandIsNeutralJustOutsideIsNot) {
    EXPECT_EQ(mood_of(with({{"Joy", 0.54}, {"Anger", 0.46}})).sentiment, Sentiment::kNeutral);
    EXPECT_EQ(mood_of(with({{"Joy", 0.56}, {"Anger", 0.44}})).sentiment, Sentiment::kPositive);
    EXPECT_EQ(mood_of(with({{"Joy", 0.44}, {"Anger", 0.56}})).sentiment, Sentiment::kNegative);
}

TEST(HumeExpressions, ManyWeakScoresDoNotOutweighAStrongOne) {
    Scores scores{};
    scores.fill(0.04);
    scores[find_expression("Joy").value()] = 0.5;
    EXPECT_EQ(mood_of(scores).sentiment, Sentiment::kPositive);
    EXPECT_DOUBLE_EQ(mood_of(scores).confidence, 1);
    scores.fill(0.049);
    EXPECT_EQ(mood_of(scores).sentiment, Sentiment::kNeutral);
    EXPECT_DOUBLE_EQ(mood_of(scores).confidence, 0) << "nothing was heard";
}

TEST(HumeExpressions, MoreOfAPositiveScoreNeverMakesAMoodWorse) {
    for (size_t e = 0; e < kExpressions; ++e) {
        if (kExpressionTable[e].group != Sentiment::kPositive) continue;
        double before = -2;
        for (int step = 1; step <= 20; ++step) {
            Scores scores = with({{"Anger", 0.3}, {"Calmness", 0.2}});
            scores[e] = 0.05 * step;
            const Mood mood = mood_of(scores);
            EXPECT_GE(mood.net, before);
            EXPECT_GE(mood.confidence, 0);
            EXPECT_LE(mood.confidence, 1);
            before = mood.net;
        }
    }
}

TEST(HumeExpressions, TheThreeHighestAreHighestFirst) {
    const auto top = top_three(with({{"Joy", 0.2}, {"Love", 0.9}, {"Awe", 0.5}, {"Fear", 0.1}}));
    EXPECT_EQ(kExpressionTable[top[0]].name, "Love");
    EXPECT_EQ(kExpressionTable[top[1]].name, "Awe");
    EXPECT_EQ(kExpressionTable[top[2]].name, "Joy");
    EXPECT_EQ(top_three(Scores{}), (std::array<size_t, 3>{0, 1, 2}));
}

TEST(HumeExpressions, ThePageNamesEveryExpressionInItsGroup) {
    const char* source = std::getenv("TRUNKLINE_SOURCE_DIR");
    std::ifstream file(std::string(source ? source : ".") + "/docs/emotions.md");
    std::stringstream text;
    text << file.rdbuf();
    std::array<std::string, 3> rows;
    for (std::string line; std::getline(text, line);) {
        for (size_t g = 0; g < 3; ++g) {
            const std::string name = to_string(static_cast<Sentiment>(g));
            if (line.starts_with("| " + name + " |")) rows[g] = line + ",";
        }
    }
    for (const Expression& e : kExpressionTable) {
        const std::string& row = rows[static_cast<size_t>(e.group)];
        const std::string name(e.name);
        EXPECT_TRUE(row.find(" " + name + ",") != std::string::npos || row.find(" " + name + " |") != std::string::npos)
            << name;
    }
}

}  // namespace
}  // namespace trunkline::hume
