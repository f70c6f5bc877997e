// Expression scores.
#include "lab/hume/prosody.h"

#include <algorithm>
#include <set>

#include "tests/unit/lab_hume/client.h"

namespace trunkline::lab::hume {
namespace {

using HumeProsody = HumeTest;

/// As the protocol spells them, written here a second time.
const std::set<std::string> kNames = {"Admiration",
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

void expect_all_scores(const nlohmann::json& message) {
    std::set<std::string> names;
    for (const auto& [name, score] : message["models"]["prosody"]["scores"].items()) {
        names.insert(name);
        EXPECT_TRUE(score.is_number() && score >= 0 && score <= 1) << name << " " << score;
    }
    EXPECT_EQ(names, kNames);
}

TEST_F(HumeProsody, HumeLine15_AllScoresWithExactSpelling) {
    EXPECT_EQ(kNames.size(), 48U);
    serve(quick_options());
    client_->declare();
    client_->ask(recording("agent-pass"));
    ASSERT_TRUE(client_->until_type("assistant_end"));
    for (const char* type : {"user_message", "assistant_message", "assistant_prosody"}) {
        ASSERT_EQ(client_->of(type).size(), 1U);
        expect_all_scores(client_->of(type)[0]);
    }
}

TEST_F(HumeProsody, HumeLine15_TypedTextHasNoScores) {
    serve(quick_options());
    client_->send(R"({"type":"user_input","text":"hello"})");
    ASSERT_TRUE(client_->until_type("assistant_end"));
    EXPECT_EQ(client_->of("user_message").at(0)["models"], nlohmann::json::object());
}

TEST(HumeScores, AreTheSameForTheSameRecordingAndPlausible) {
    const Scores once = prosody_of("agent-pass", "Please enter your password.");
    EXPECT_EQ(once, prosody_of("agent-pass", "Please enter your password."));
    EXPECT_NE(once, prosody_of("vm-goodbye", "Goodbye."));
    EXPECT_GT(*std::max_element(once.begin(), once.end()), 0.15);
    EXPECT_GT(std::count_if(once.begin(), once.end(), [](double s) { return s < 0.1; }), 40);
}

}  // namespace
}  // namespace trunkline::lab::hume
