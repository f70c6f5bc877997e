// Twilio's signature against the 21 vectors of the wire contract (numbers as there), and everything near them that must
// fail. Conformance lines 2, 3 and 4 of the server checklist; pitfall P13 is vector 17.
#include "engine/net/signature.h"

#include <gtest/gtest.h>

namespace trunkline {
namespace {

const std::string kToken = "12345";
const std::string kQuery = "mycompany.com/myapp.php?foo=1&bar=2";
const std::string kHttps = "https://" + kQuery;
const std::string kHttp = "http://" + kQuery;
const std::string kBody = R"({"property": "value", "boolean": true})";
const std::string kBodyHash = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
const std::string kVoice = "https://voice.example.com/twilio/voice";
const FormPairs kCall = {{"CallSid", "CA1234567890ABCDE"},
                         {"Caller", "+14158675309"},
                         {"Digits", "1234"},
                         {"From", "+14158675309"},
                         {"To", "+18005551212"}};

std::string with_port(const std::string& scheme, int port) {
    return scheme + "://mycompany.com:" + std::to_string(port) + "/myapp.php?foo=1&bar=2";
}

FormPairs call_and(FormPairs more) {
    FormPairs all = kCall;
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

struct Vector {
    std::string number;
    std::string url;
    FormPairs params;
    std::string signature;
    bool port_is_free = false;  // the signature is that of the URL without its port
};

void PrintTo(const Vector& v, std::ostream* out) { *out << "vector " << v.number; }

const std::vector<Vector>& vectors() {
    static const FormPairs ended = call_and({{"Reason", "Participant"}, {"ReasonConferenceEnded", "test"}});
    static const std::vector<Vector> all = {
        {"1", kHttps, kCall, "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
        {"2", kHttps, kCall, "kvajT1Ptam85bY51eRf/AJRuM3w="},
        {"3", kHttp, kCall, "0ZXoZLH/DfblKGATFgpif+LLRf4="},
        {"4", with_port("http", 1234), kCall, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="},
        {"5", with_port("https", 1234), kCall, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", true},
        {"9",
         kHttps,
         {{"Sid", "CA123"}, {"SidAccount", "AC123"}, {"Digits", "5678"}, {"Digits", "1234"}, {"Digits", "1234"}},
         "IK+Dwps556ElfBT0I3Rgjkr1wJU="},
        {"10a",
         kHttps,
         {{"MessagingBinding.Address", "+1325xxxxxxx"}, {"MessagingBinding.Address", "+1415xxxxxxx"}},
         "83O6e2vORAoJHUNzJjDWN1jz+BA="},
        {"10b",
         kHttps,
         {{"MessagingBinding.Address", "+1415xxxxxxx"}, {"MessagingBinding.Address", "+1325xxxxxxx"}},
         "83O6e2vORAoJHUNzJjDWN1jz+BA="},
        {"11", kHttps, ended, "vOEb5UThFn24KEfnOFLQY2AE5FY="},
        {"12", kHttp, ended, "n2xBNyzSW7rfYStDtOFiFMv7qNo="},
        {"13", kHttps, {{"property", "value"}, {"boolean", "true"}}, "NBdBDr/T/lgjI+tlgpXjKZQZs/k="},
        {"14a", "https://user:pass@" + kQuery, kCall, "CukzLTc1tT5dXEDIHm/tKBanW10="},
        {"14b", "https://user:pass@" + kQuery, kCall, "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI="},
        {"15", "https://user@" + kQuery, kCall, "2YRLlVAflCqxaNicjMpJcSTgzSs="},
        {"16", kHttps + "&Body=It%27s+amazing", kCall, "TfZzewPq8wqrGlMfyAud8+/IvJ0="},
        {"17", "wss://voice.example.com/twilio/media", {}, "PGLrn08/Ba1sEIuSwPQRBPD54PA="},
        {"18", kVoice, {{"CallSid", "CA1"}, {"CallerName", ""}, {"From", "+15550100"}}, "jP4SMekWKjhui37Ab7DPVUhYyEU="},
        {"19", kVoice, {{"CallSid", "CA1"}, {"SpeechResult", "café ñ"}}, "+DyBcY+e/9fxHLoJBzswJMfMaW4="},
        {"20", kVoice, {{"a", "1"}, {"B", "2"}}, "mFAT0W+OtpU0jOS4aHjZiiT0ZmE="},
        {"21", kVoice + "?CallSid=CA1&From=%2B15550100", {}, "/IgUdSDB7l00IUXtSB/QtzJryJg="},
    };
    return all;
}

/// Every string that differs from `text` in one byte, one bit of it flipped at a time.
std::vector<std::string> one_byte_changes(const std::string& text) {
    std::vector<std::string> changed;
    for (size_t i = 0; i < text.size(); ++i) {
        for (int bit : {1, 2, 32}) {
            changed.push_back(text);
            changed.back()[i] = static_cast<char>(changed.back()[i] ^ static_cast<char>(bit));
        }
    }
    return changed;
}

class TwilioVector : public testing::TestWithParam<Vector> {};

TEST_P(TwilioVector, verifies) {
    const Vector& v = GetParam();
    EXPECT_TRUE(twilio_verify(kToken, v.url, v.params, v.signature));
}

TEST_P(TwilioVector, verifies_whatever_the_order_of_fields) {
    const Vector& v = GetParam();
    FormPairs reversed(v.params.rbegin(), v.params.rend());
    EXPECT_TRUE(twilio_verify(kToken, v.url, reversed, v.signature));
}

TEST_P(TwilioVector, fails_for_every_one_byte_change_of_the_url) {
    const Vector& v = GetParam();
    size_t port = v.port_is_free ? v.url.find(":1234") : std::string::npos;
    for (const std::string& url : one_byte_changes(v.url)) {
        if (v.port_is_free && url.substr(0, port) == v.url.substr(0, port) &&
            url.substr(port + 5) == v.url.substr(port + 5) && url[port] == ':')
            continue;
        EXPECT_FALSE(twilio_verify(kToken, url, v.params, v.signature)) << url;
    }
}

TEST_P(TwilioVector, fails_for_every_one_byte_change_of_a_field) {
    const Vector& v = GetParam();
    for (size_t i = 0; i < v.params.size(); ++i) {
        FormPairs params = v.params;
        for (const std::string& name : one_byte_changes(v.params[i].first)) {
            params[i].first = name;
            EXPECT_FALSE(twilio_verify(kToken, v.url, params, v.signature)) << name;
        }
        params = v.params;
        for (const std::string& value : one_byte_changes(v.params[i].second)) {
            params[i].second = value;
            EXPECT_FALSE(twilio_verify(kToken, v.url, params, v.signature)) << value;
        }
    }
}

TEST_P(TwilioVector, fails_for_every_one_byte_change_of_signature_and_token) {
    const Vector& v = GetParam();
    for (const std::string& signature : one_byte_changes(v.signature))
        EXPECT_FALSE(twilio_verify(kToken, v.url, v.params, signature)) << signature;
    for (const std::string& token : one_byte_changes(kToken))
        EXPECT_FALSE(twilio_verify(token, v.url, v.params, v.signature)) << token;
}

INSTANTIATE_TEST_SUITE_P(Conformance2, TwilioVector, testing::ValuesIn(vectors()),
                         [](const auto& one) { return one.param.number; });

struct BodyVector {
    std::string number;
    std::string url;
    std::string body;
    std::string signature;
};

void PrintTo(const BodyVector& v, std::ostream* out) { *out << "vector " << v.number; }

class TwilioBodyVector : public testing::TestWithParam<BodyVector> {};

TEST_P(TwilioBodyVector, verifies) {
    const BodyVector& v = GetParam();
    EXPECT_TRUE(twilio_verify_body(kToken, v.url, v.body, v.signature));
}

TEST_P(TwilioBodyVector, fails_for_every_one_byte_change) {
    const BodyVector& v = GetParam();
    for (const std::string& body : one_byte_changes(v.body))
        EXPECT_FALSE(twilio_verify_body(kToken, v.url, body, v.signature)) << body;
    for (const std::string& url : one_byte_changes(v.url))
        EXPECT_FALSE(twilio_verify_body(kToken, url, v.body, v.signature)) << url;
    for (const std::string& signature : one_byte_changes(v.signature))
        EXPECT_FALSE(twilio_verify_body(kToken, v.url, v.body, signature)) << signature;
}

const std::string kEmptyObjectHash = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
INSTANTIATE_TEST_SUITE_P(
    Conformance2, TwilioBodyVector,
    testing::Values(BodyVector{"6", kHttps + "&bodySHA256=" + kBodyHash, kBody, "a9nBmqA0ju/hNViExpshrM61xv4="},
                    BodyVector{"7", "https://mycompany.com/myapp.php?bodySHA256=" + kBodyHash, kBody,
                               "y77kIzt2vzLz71DgmJGsen2scGs="},
                    BodyVector{"8", kHttps + "&bodySHA256=" + kEmptyObjectHash, "{}", "Ldidvp12m26NI7eqEvxnEpkd9Hc="}),
    [](const auto& one) { return one.param.number; });

TEST(TwilioSignature, vector_11_fails_when_names_are_in_the_wrong_order) {
    FormPairs ended = call_and({{"Reason", "Participant"}, {"ReasonConferenceEnded", "test"}});
    EXPECT_FALSE(twilio_verify(kToken, kHttps, ended, "95+Bu0JVPi0r/SsESZCVf0dWAjw="));
}

TEST(TwilioSignature, P13_an_upgrade_signed_as_https_is_not_one_signed_as_wss) {
    const std::string https_signature = "O4P2Ggul8e4hQEZViN+aHilXfFo=";
    EXPECT_FALSE(twilio_verify(kToken, "wss://voice.example.com/twilio/media", {}, https_signature));
    EXPECT_TRUE(twilio_verify(kToken, "https://voice.example.com/twilio/media", {}, https_signature));
}

TEST(TwilioSignature, conformance_4_unknown_extra_fields_are_signed_like_any_other) {
    FormPairs more = call_and({{"SomethingNewFromTwilio", "yes"}, {"Empty", ""}});
    EXPECT_TRUE(twilio_verify(kToken, kHttps, more, twilio_signature(kToken, kHttps, more)));
}

TEST(TwilioSignature, the_port_of_an_ipv6_literal_is_found_behind_the_bracket) {
    std::string bare = twilio_signature(kToken, "https://[2001:db8::1]/x", {});
    EXPECT_TRUE(twilio_verify(kToken, "https://[2001:db8::1]:8443/x", {}, bare));
    EXPECT_FALSE(twilio_verify(kToken, "https://[2001:db8::2]:8443/x", {}, bare));
}

TEST(TwilioSignature, an_empty_token_verifies_nothing) {
    EXPECT_FALSE(twilio_verify("", kHttps, kCall, twilio_signature("", kHttps, kCall)));
}

TEST(TwilioSignature, a_json_body_without_its_hash_in_the_url_is_refused) {
    EXPECT_FALSE(twilio_verify_body(kToken, kHttps, kBody, twilio_signature(kToken, kHttps, {})));
}

TEST(Hmac, rfc_2202_and_rfc_4231_case_2) {
    std::vector<uint8_t> sha1 = hmac_sha1("Jefe", "what do ya want for nothing?");
    EXPECT_EQ(sha1.size(), 20U);
    EXPECT_EQ(sha1[0], 0xef);
    EXPECT_EQ(sha1[19], 0x79);
    std::vector<uint8_t> sha256 = hmac_sha256("Jefe", "what do ya want for nothing?");
    EXPECT_EQ(sha256.size(), 32U);
    EXPECT_EQ(sha256[0], 0x5b);
    EXPECT_EQ(sha256[31], 0x43);
}

TEST(WebhookSignature, is_the_example_of_the_standard_webhooks_specification) {
    EXPECT_EQ(webhook_signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                                R"({"test": 2432232314})"),
              "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(WebhookSignature, a_secret_without_prefix_stands_for_its_own_bytes) {
    EXPECT_EQ(webhook_signature("whsec_c2VjcmV0", "m", 1, "b"), webhook_signature("secret", "m", 1, "b"));
}

}  // namespace
}  // namespace trunkline
