// Tokens: HS256 as we check it, RS256 as we sign it.
#include "engine/net/jwt.h"

#include <gtest/gtest.h>

#include "rsa_key.h"

namespace trunkline {
namespace {

using test::hs256_token;

// Vector (a) of the protocol page: a token of Vonage's Python SDK.
const std::string kSdkToken =
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJPbmxpbmUgSldUIEJ1aWxkZXIiLCJpYXQiOjE2OTc2MzQ2ODAsImV4cCI6MzMyNTQ1N"
    "DA4MjgsImF1ZCI6IiIsInN1YiI6IiJ9.88vJc3I2HhuqEDixHXVhc9R30tA6U_HQHZTC29y6CGM";
constexpr const char* kSdkSecret = "qwertyuiopasdfghjklzxcvbnm123456";
constexpr const char* kSecret = "0123456789abcdef0123456789abcdef";

std::string code_of(const std::string& token, std::string_view secret = kSecret) {
    const auto claims = jwt_verify_hs256(token, secret);
    return claims ? "good" : claims.error().code;
}

TEST(Jwt, Line23VectorAVerifiesWithItsSecretAndNoOther) {
    const auto claims = jwt_verify_hs256(kSdkToken, kSdkSecret);
    ASSERT_TRUE(claims) << claims.error().message;
    EXPECT_EQ((*claims)["iss"].text_or(""), "Online JWT Builder");
    EXPECT_EQ((*claims)["iat"].int_or(0), 1'697'634'680);
    EXPECT_EQ(code_of(kSdkToken, "asdf"), "jwt-signature");
    EXPECT_EQ(code_of(kSdkToken, ""), "jwt-signature");
}

TEST(Jwt, Line23EveryChangedCharacterFails) {
    for (size_t at = 0; at < kSdkToken.size(); ++at) {
        for (const char other : {'A', 'B', '.'}) {
            std::string changed = kSdkToken;
            if (changed[at] == other) continue;
            changed[at] = other;
            EXPECT_FALSE(jwt_verify_hs256(changed, kSdkSecret)) << at;
        }
    }
}

TEST(Jwt, Line23AnotherSpellingOfTheSignatureIsAnotherSignature) {
    // The last character holds two bits that no byte uses: "M" and "N" decode alike where a decoder is lenient.
    ASSERT_EQ(kSdkToken.back(), 'M');
    std::string other = kSdkToken;
    other.back() = 'N';
    EXPECT_FALSE(jwt_verify_hs256(other, kSdkSecret));
    EXPECT_FALSE(jwt_verify_hs256(kSdkToken + "=", kSdkSecret));
    EXPECT_FALSE(jwt_verify_hs256(kSdkToken + "\n", kSdkSecret));
}

TEST(Jwt, Line23OtherAlgorithmsAreRefusedHoweverTheyAreSigned) {
    for (const char* alg : {"none", "None", "HS512", "HS384", "RS256", "ES256", "hs256", ""}) {
        const std::string header = std::string(R"({"typ":"JWT","alg":")") + alg + "\"}";
        const std::string token = hs256_token(kSecret, R"({"iss":"Vonage"})", header);
        EXPECT_EQ(code_of(token), "jwt-algorithm") << alg;
        EXPECT_EQ(code_of(token.substr(0, token.rfind('.') + 1)), "jwt-algorithm") << alg;
    }
    EXPECT_EQ(code_of(hs256_token(kSecret, "{}", R"({"typ":"JWT"})")), "jwt-algorithm");
    EXPECT_EQ(code_of(hs256_token(kSecret, "{}", R"({"alg":"HS256","crit":["b64"]})")), "jwt-algorithm");
    EXPECT_EQ(code_of(hs256_token(kSecret, "{}", R"({"alg":["HS256"]})")), "jwt-algorithm");
}

TEST(Jwt, WhatIsNoTokenIsMalformed) {
    const std::string good = hs256_token(kSecret, R"({"iss":"Vonage"})");
    ASSERT_EQ(code_of(good), "good");
    for (const std::string& bad :
         {std::string(), std::string("."), std::string(".."), std::string("a.b"), good + ".x",
          "." + good.substr(good.find('.') + 1), " " + good, std::string(20'000, 'a') + ".b.c"}) {
        EXPECT_EQ(code_of(bad), "jwt-malformed") << bad.substr(0, 40);
    }
    EXPECT_EQ(code_of(hs256_token(kSecret, "[1]")), "jwt-malformed");
    EXPECT_EQ(code_of(hs256_token(kSecret, "not json")), "jwt-malformed");
    EXPECT_EQ(code_of(hs256_token(kSecret, "{}", "nonsense")), "jwt-malformed");
}

TEST(Jwt, WhatWeSignOpenSslVerifies) {
    const auto token = jwt_sign_rs256(test::private_key_pem(), R"({"application_id":"aa","iat":1700000000})");
    ASSERT_TRUE(token) << token.error().message;
    const auto claims = Json::parse(test::claims_signed(*token));
    ASSERT_TRUE(claims);
    EXPECT_EQ((*claims)["application_id"].text_or(""), "aa");
    EXPECT_EQ((*claims)["iat"].int_or(0), 1'700'000'000);
    const auto header = Json::parse(test::header_of(*token));
    ASSERT_TRUE(header);
    EXPECT_EQ((*header)["alg"].text_or(""), "RS256");
    EXPECT_EQ((*header)["typ"].text_or(""), "JWT");
}

TEST(Jwt, AKeyThatIsNoneIsAnErrorThatDoesNotTellIt) {
    for (const char* key : {"", "hunter2", "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n"}) {
        const auto token = jwt_sign_rs256(key, "{}");
        ASSERT_FALSE(token);
        EXPECT_EQ(token.error().code, "jwt-key");
        EXPECT_EQ(token.error().message.find("hunter2"), std::string::npos);
    }
}

}  // namespace
}  // namespace trunkline
