// Signed webhooks and the authorization of the media socket.
#include "engine/carriers/vonage_signature.h"

#include <gtest/gtest.h>

#include "rsa_key.h"

namespace trunkline::vonage {
namespace {

using test::hs256_token;

constexpr int64_t kNow = 1'700'000'000;
constexpr const char* kSecret = "0123456789abcdef0123456789abcdef";
const std::string kBody = R"({"status":"answered","uuid":"aaaaaaaa-bbbb-cccc-dddd-0123456789ab"})";
// Vector (b) of the protocol page.
const std::string kToken =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    "eyJpYXQiOjE3MDAwMDAwMDAsImp0aSI6IjExMTExMTExLTIyMjItMzMzMy00NDQ0LTU1NTU1NTU1NTU"
    "1NSIsImlzcyI6IlZvbmFnZSIsInBheWxvYWRfaGFzaCI6IjNiOThjOTA3MmE4NzQ5MGU4NTE4YmQ2ZDJjYzVhNWJlY2RmZmY2Mjc3ODRjN2YzYjBhY"
    "zliN"
    "DhiMDk1YmZkMzciLCJhcGlfa2V5IjoiYTFiMmMzZDQiLCJhcHBsaWNhdGlvbl9pZCI6ImFhYWFhYWFhLWJiYmItY2NjYy1kZGRkLTAxMjM0NTY3ODl"
    "hYi"
    "J9.LzC0mcImPW3y7HOXz_82gWGk7L2dnSM_Wb6iL2hyKSQ";
// Vector (c): SHA-256 of nothing.
constexpr const char* kHashOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

SignatureSettings settings() {
    SignatureSettings s;
    s.signature_secret = kSecret;
    s.api_key = "a1b2c3d4";
    s.application_id = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab";
    return s;
}

HttpRequest request(const std::string& token, const std::string& body = kBody) {
    HttpRequest r;
    r.method = body.empty() ? "GET" : "POST";
    r.path = "/vonage/event";
    r.body = body;
    if (!token.empty()) r.headers = {{"authorization", "Bearer " + token}};
    return r;
}

struct Claims {
    std::string iss = R"("Vonage")", api_key = R"("a1b2c3d4")", hash = "\"" + sha256_hex(kBody) + "\"";
    std::string application = R"("aaaaaaaa-bbbb-cccc-dddd-0123456789ab")", iat = std::to_string(kNow), jti = R"("j1")";
    std::string more;

    std::string text() const {
        std::string out = "{\"x\":0";
        for (const auto& [name, value] :
             {std::pair("iss", iss), std::pair("api_key", api_key), std::pair("payload_hash", hash),
              std::pair("application_id", application), std::pair("iat", iat), std::pair("jti", jti)}) {
            if (!value.empty()) out += std::string(",\"") + name + "\":" + value;
        }
        return out + more + "}";
    }
    std::string token() const { return hs256_token(kSecret, text()); }
};

/// 200 or the status of the refusal, at a gate that has seen nothing yet.
int judged(const HttpRequest& r, const SignatureSettings& s = settings(), int64_t now = kNow) {
    Gate gate(s, {});
    const auto pass = gate.webhook(r, now);
    return pass ? 200 : pass.error().status;
}

int judged(const Claims& claims, const std::string& body = kBody) { return judged(request(claims.token(), body)); }

TEST(VonageSignature, Line23VectorBIsTakenWithItsBodyAndNoOther) {
    EXPECT_EQ(judged(request(kToken)), 200);
    EXPECT_EQ(judged(request(kToken, kBody + " ")), 401);
    std::string changed = kBody;
    changed[12] = 'b';
    EXPECT_EQ(judged(request(kToken, changed)), 401);
    EXPECT_EQ(judged(request(kToken, "")), 401) << "its hash is not that of an empty body";
    SignatureSettings other = settings();
    other.signature_secret = "0123456789abcdef0123456789abcdee";
    EXPECT_EQ(judged(request(kToken), other), 401);
}

TEST(VonageSignature, Line23P28TheHashIsOverTheBytesAsTheyCame) {
    const std::string spaced = "{ \"uuid\" : \"a\" }\n";
    Claims claims;
    claims.hash = "\"" + sha256_hex(spaced) + "\"";
    EXPECT_EQ(judged(claims, spaced), 200);
    EXPECT_EQ(judged(claims, R"({"uuid":"a"})"), 401);
    claims.hash = "";
    EXPECT_EQ(judged(claims, spaced), 401) << "a token without a hash is for requests without a body";
}

TEST(VonageSignature, Line23VectorCIsTheHashOfNothing) {
    EXPECT_EQ(sha256_hex(""), kHashOfNothing);
    Claims claims;
    claims.hash = std::string("\"") + kHashOfNothing + "\"";
    EXPECT_EQ(judged(claims, ""), 200);
    claims.hash = "";
    EXPECT_EQ(judged(claims, ""), 200) << "a GET may have none";
}

TEST(VonageSignature, Line23AWrongClaimIsRefused) {
    EXPECT_EQ(judged(Claims{}), 200);
    const auto with = [](std::string Claims::*claim, const char* value) {
        Claims claims;
        claims.*claim = value;
        return judged(claims);
    };
    for (const char* iss : {"", "\"vonage\"", "\"Nexmo\"", "1", "null"}) EXPECT_EQ(with(&Claims::iss, iss), 401) << iss;
    for (const char* key : {"", "\"a1b2c3d5\"", "\"\"", "null"}) EXPECT_EQ(with(&Claims::api_key, key), 401) << key;
    EXPECT_EQ(with(&Claims::application, "\"another\""), 401);
    EXPECT_EQ(with(&Claims::application, ""), 200) << "is optional";
    for (const char* jti : {"", "\"\"", "7", "null"}) EXPECT_EQ(with(&Claims::jti, jti), 401) << jti;
    EXPECT_EQ(with(&Claims::jti, ("\"" + std::string(200, 'j') + "\"").c_str()), 401);
    for (const char* hash : {"\"00\"", "null", "7"}) EXPECT_EQ(with(&Claims::hash, hash), 401) << hash;
}

TEST(VonageSignature, Line23TheAgeIsBoundedBothWays) {
    Claims claims;
    for (const int64_t age : {0, 299, 300, -300}) {
        claims.iat = std::to_string(kNow - age);
        EXPECT_EQ(judged(claims), 200) << age;
    }
    for (const int64_t age : {301, 86'400, -301}) {
        claims.iat = std::to_string(kNow - age);
        EXPECT_EQ(judged(claims), 401) << age;
    }
    for (const char* iat : {"", "null", "\"1700000000\"", "1e99", "-1", "{}"}) {
        claims.iat = iat;
        EXPECT_EQ(judged(claims), 401) << iat;
    }
    claims.iat = std::to_string(kNow);
    claims.more = ",\"exp\":" + std::to_string(kNow + 1);
    EXPECT_EQ(judged(claims), 200);
    claims.more = ",\"exp\":" + std::to_string(kNow);
    EXPECT_EQ(judged(claims), 401);
    claims.more = ",\"nbf\":" + std::to_string(kNow + 1000);
    EXPECT_EQ(judged(claims), 401);
}

TEST(VonageSignature, Line23OtherAlgorithmsAreRefused) {
    for (const char* alg : {"none", "RS256", "HS512"}) {
        const std::string token =
            hs256_token(kSecret, Claims{}.text(), std::string(R"({"typ":"JWT","alg":")") + alg + "\"}");
        EXPECT_EQ(judged(request(token)), 401) << alg;
        EXPECT_EQ(judged(request(token.substr(0, token.rfind('.') + 1))), 401) << alg;
    }
}

TEST(VonageSignature, Line23WhatIsNotSignedAtAllIsToBeSentAgain) {
    EXPECT_EQ(judged(request("")), 503);
    HttpRequest basic = request("");
    basic.headers = {{"Authorization", "Basic abc"}};
    EXPECT_EQ(judged(basic), 503);
    HttpRequest twice = request(kToken);
    twice.headers.push_back(twice.headers[0]);
    EXPECT_NE(judged(twice), 200);
    HttpRequest lower = request("");
    lower.headers = {{"AUTHORIZATION", "bearer " + kToken}};
    EXPECT_EQ(judged(lower), 200) << "neither names nor schemes have a case";
}

TEST(VonageSignature, WithoutASecretNothingIsTakenAndTheSettingIsNamed) {
    SignatureSettings s = settings();
    s.signature_secret = "";
    Gate gate(s, {});
    const auto pass = gate.webhook(request(hs256_token("", Claims{}.text())), kNow);
    ASSERT_FALSE(pass);
    EXPECT_EQ(pass.error().status, 503);
    EXPECT_NE(pass.error().body.find("VONAGE_SIGNATURE_SECRET"), std::string::npos);
    s.required = false;
    EXPECT_EQ(judged(request(""), s), 200) << "--insecure";
}

TEST(VonageSignature, ARefusalTellsNoSecret) {
    Gate gate(settings(), {});
    const auto pass = gate.webhook(request(kToken + "x"), kNow);
    ASSERT_FALSE(pass);
    EXPECT_EQ(pass.error().body.find(kSecret), std::string::npos);
    EXPECT_EQ(pass.error().body.find("a1b2c3d4"), std::string::npos);
}

TEST(VonageSignature, Line23ATokenIsGoodForOneRequestOnly) {
    Gate gate(settings(), {});
    Claims open;  // without a hash nothing in the token says what it is for
    open.hash = "";
    const std::string token = open.token();
    HttpRequest first = request(token, "");
    first.path = "/vonage/answer";
    first.query = "uuid=a";
    ASSERT_TRUE(gate.webhook(first, kNow));
    HttpRequest other = first;
    other.query = "uuid=b";
    EXPECT_EQ(gate.webhook(other, kNow + 1).error().status, 401) << "another query";
    other = first;
    other.path = "/vonage/event";
    EXPECT_EQ(gate.webhook(other, kNow + 1).error().status, 401) << "another route";
    Claims another = open;
    another.jti = R"("another")";
    EXPECT_TRUE(gate.webhook(request(another.token(), ""), kNow));
}

TEST(VonageSignature, Line23ARequestThatWasNotAnsweredInTimeComesAgainWithItsToken) {
    Gate gate(settings(), {});
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(gate.webhook(request(kToken), kNow + i)) << i;
    HttpRequest elsewhere = request(kToken);
    elsewhere.path = "/vonage/answer";
    EXPECT_FALSE(gate.webhook(elsewhere, kNow + 3));
    EXPECT_FALSE(gate.webhook(request(kToken), kNow + 301)) << "as long as it is taken at all";
}

TEST(VonageSignature, ARefusedRequestUsesUpNothing) {
    Gate gate(settings(), {});
    EXPECT_FALSE(gate.webhook(request(kToken, kBody + " "), kNow));
    EXPECT_TRUE(gate.webhook(request(kToken), kNow));
}

using Use = UsedTokens::Use;

TEST(UsedTokens, AreForgottenWhenTheyAreTooOldToBeTakenAnyway) {
    UsedTokens used(1'000, 600);
    EXPECT_EQ(used.use("a", "this", kNow, kNow), Use::kFirst);
    EXPECT_EQ(used.use("a", "this", kNow, kNow + 599), Use::kSameAgain);
    EXPECT_EQ(used.use("a", "that", kNow, kNow + 599), Use::kRefused);
    EXPECT_EQ(used.use("b", "this", kNow + 601, kNow + 601), Use::kFirst);
    EXPECT_EQ(used.size(), 1U);
}

TEST(UsedTokens, NeverAreMoreThanTheyMayBeAndWhatWasForgottenIsNotTakenAgain) {
    UsedTokens used(3, 600);
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(used.use("t" + std::to_string(i), "this", kNow + i, kNow + i), Use::kFirst);
        EXPECT_LE(used.size(), 3U);
    }
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(used.use("t" + std::to_string(i), "that", kNow + i, kNow + 10), Use::kRefused) << i;
        EXPECT_EQ(used.use("t" + std::to_string(i), "this", kNow + i, kNow + 10),
                  i < 7 ? Use::kRefused : Use::kSameAgain)
            << i;
    }
    EXPECT_EQ(used.use("t10", "this", kNow + 10, kNow + 10), Use::kFirst);
}

TEST(VonageSocket, Line24ATokenOpensOneSocketOnce) {
    Gate gate(settings(), {});
    const HttpRequest upgrade = request(Claims{}.token(), "");
    EXPECT_TRUE(gate.socket(upgrade, "ticket", kNow));
    EXPECT_FALSE(gate.socket(upgrade, "ticket", kNow));
}

TEST(VonageSocket, Line24ATokenIsWantedBeforeThe101) {
    const auto socket = [](const std::string& token) {
        Gate gate(settings(), {});
        const auto pass = gate.socket(request(token, ""), "ticket", kNow);
        return pass ? 101 : pass.error().status;
    };
    Claims claims;
    EXPECT_EQ(socket(claims.token()), 101);
    EXPECT_EQ(socket(""), 401);
    EXPECT_EQ(socket("x.y.z"), 401);
    claims.api_key = "\"another\"";
    EXPECT_EQ(socket(claims.token()), 401);
    claims = {};
    claims.iat = std::to_string(kNow - 301);
    EXPECT_EQ(socket(claims.token()), 401);
}

TEST(VonageSocket, Line24ACustomValueIsComparedWhole) {
    Settings vonage;
    vonage.socket_auth = SocketAuth::kCustom;
    vonage.socket_key = "key";
    const auto socket = [&](const std::string& value, const char* ticket = "ticket") {
        Gate gate(settings(), vonage);
        HttpRequest r = request("", "");
        if (!value.empty()) r.headers = {{"Authorization", value}};
        const auto pass = gate.socket(r, ticket, kNow);
        return pass ? 101 : pass.error().status;
    };
    const std::string value = socket_authorization(vonage, "ticket");
    EXPECT_EQ(socket(value), 101);
    EXPECT_EQ(socket(""), 401);
    EXPECT_EQ(socket(value + "x"), 401);
    EXPECT_EQ(socket(value.substr(1)), 401);
    EXPECT_EQ(socket(value, "another"), 401);
    EXPECT_EQ(socket("Bearer " + Claims{}.token()), 401) << "Vonage's own token is not what was asked for";
}

}  // namespace
}  // namespace trunkline::vonage
