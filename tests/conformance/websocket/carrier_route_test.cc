// wsproto as the carrier of real calls: the engine's media route speaks by itself and does not echo.
#include <gtest/gtest.h>

#include <algorithm>

#include "judge.h"
#include "tests/integration/rig.h"

namespace trunkline::test {
namespace {

class WsprotoAsCarrier : public testing::TestWithParam<const char*> {
  protected:
    static void SetUpTestSuite() {
        if (!said.empty()) return;  // once for the cases and for their count
        RigOptions options;
        options.auth_token = "";  // the judge signs nothing
        Rig rig(options);
        said = "\n" + Judge("carrier_judge.py " + std::to_string(rig.server().port())).end().first;
    }
    static std::string said;
};
std::string WsprotoAsCarrier::said;

constexpr const char* kCases[] = {"speaks_by_itself_in_whole_text_messages",
                                  "answers_pings_while_it_speaks",
                                  "takes_messages_in_fragments_around_pings",
                                  "answers_a_close_in_kind_while_it_speaks",
                                  "closes_with_1002",
                                  "closes_with_1007",
                                  "closes_with_1009"};
TEST_P(WsprotoAsCarrier, judges_the_media_route) {
    EXPECT_NE(said.find("\nok " + std::string(GetParam()) + "\n"), std::string::npos) << said;
}
INSTANTIATE_TEST_SUITE_P(Media, WsprotoAsCarrier, testing::ValuesIn(kCases), [](const auto& one) { return one.param; });

TEST_F(WsprotoAsCarrier, has_no_case_that_is_not_listed_here) {
    EXPECT_EQ(static_cast<size_t>(std::count(said.begin(), said.end(), '\n') - 1), std::size(kCases)) << said;
}

}  // namespace
}  // namespace trunkline::test
