#include "elements/deepgram/session_rules.h"

#include <gtest/gtest.h>

namespace trunkline::deepgram {
namespace {

TEST(DeepgramSessionRules, KeysAreTokensAndJsonWebTokensAreBearers) {
    EXPECT_EQ(authorization("0123abcd"), "Token 0123abcd");
    EXPECT_EQ(authorization("eyJh.eyJz.c2ln"), "Bearer eyJh.eyJz.c2ln");
    EXPECT_EQ(authorization("eyJ-just-a-key"), "Token eyJ-just-a-key");
}

TEST(DeepgramSessionRules, OnlyCodesOfTheMomentMayPass) {
    for (const int code : {1001, 1006, 1011, 1012, 1013, 1014})
        EXPECT_TRUE(code_may_pass(static_cast<uint16_t>(code))) << code;
    for (const int code : {1000, 1002, 1003, 1005, 1007, 1008, 1009, 4000})
        EXPECT_FALSE(code_may_pass(static_cast<uint16_t>(code))) << code;
}

TEST(DeepgramSessionRules, OnlyErrorsOfTheMomentMayPass) {
    EXPECT_TRUE(error_may_pass("FAILED_TO_THINK"));
    EXPECT_FALSE(error_may_pass("INVALID_SETTINGS"));
    EXPECT_FALSE(error_may_pass(""));
}

TEST(DeepgramSessionRules, ARefusalNamesItsCure) {
    EXPECT_EQ(refused({401, "bad key"}).code, "unauthorized");
    EXPECT_NE(refused({401, "bad key"}).message.find("api-key"), std::string::npos);
    EXPECT_NE(refused({404, ""}).message.find("url"), std::string::npos);
    EXPECT_FALSE(refused({400, ""}).retryable);
}

}  // namespace
}  // namespace trunkline::deepgram
