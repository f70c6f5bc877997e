// The carrier's signatures against the published vectors, one by one.
#include "lab/twilio/signature.h"

#include <gtest/gtest.h>

namespace trunkline::lab {
namespace {

constexpr char kToken[] = "12345";
const FormFields kCall = {{"CallSid", "CA1234567890ABCDE"},
                          {"Caller", "+14158675309"},
                          {"Digits", "1234"},
                          {"From", "+14158675309"},
                          {"To", "+18005551212"}};

FormFields with_reasons() {
    FormFields fields = kCall;
    fields.emplace_back("ReasonConferenceEnded", "test");
    fields.emplace_back("Reason", "Participant");
    return fields;
}

struct Vector {
    const char* name;
    const char* url;
    FormFields fields;
    const char* signature;
};

class Vectors : public testing::TestWithParam<Vector> {};

TEST_P(Vectors, SignatureIsThePublishedOne) {
    EXPECT_EQ(twilio_signature(kToken, GetParam().url, GetParam().fields), GetParam().signature);
}

const char kUrl[] = "https://mycompany.com/myapp.php?foo=1&bar=2";
const char kVoice[] = "https://voice.example.com/twilio/voice";

INSTANTIATE_TEST_SUITE_P(
    LabTwilioSignature, Vectors,
    testing::Values(
        Vector{"v1", kUrl, kCall, "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
        Vector{"v2", "https://mycompany.com:443/myapp.php?foo=1&bar=2", kCall, "kvajT1Ptam85bY51eRf/AJRuM3w="},
        Vector{"v3", "http://mycompany.com:80/myapp.php?foo=1&bar=2", kCall, "0ZXoZLH/DfblKGATFgpif+LLRf4="},
        Vector{"v4", "http://mycompany.com:1234/myapp.php?foo=1&bar=2", kCall, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="},
        Vector{"v6",
               "https://mycompany.com/myapp.php?foo=1&bar=2&bodySHA256="
               "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620",
               {},
               "a9nBmqA0ju/hNViExpshrM61xv4="},
        Vector{"v9",
               kUrl,
               {{"Sid", "CA123"}, {"SidAccount", "AC123"}, {"Digits", "5678"}, {"Digits", "1234"}, {"Digits", "1234"}},
               "IK+Dwps556ElfBT0I3Rgjkr1wJU="},
        Vector{"v10",
               kUrl,
               {{"MessagingBinding.Address", "+1415xxxxxxx"}, {"MessagingBinding.Address", "+1325xxxxxxx"}},
               "83O6e2vORAoJHUNzJjDWN1jz+BA="},
        Vector{"v11", kUrl, with_reasons(), "vOEb5UThFn24KEfnOFLQY2AE5FY="},
        Vector{"v12", "http://mycompany.com/myapp.php?foo=1&bar=2", with_reasons(), "n2xBNyzSW7rfYStDtOFiFMv7qNo="},
        Vector{"v13", kUrl, {{"property", "value"}, {"boolean", "true"}}, "NBdBDr/T/lgjI+tlgpXjKZQZs/k="},
        Vector{"v14", "https://user:pass@mycompany.com/myapp.php?foo=1&bar=2", kCall, "CukzLTc1tT5dXEDIHm/tKBanW10="},
        Vector{"v15", "https://user@mycompany.com/myapp.php?foo=1&bar=2", kCall, "2YRLlVAflCqxaNicjMpJcSTgzSs="},
        Vector{"v17", "wss://voice.example.com/twilio/media", {}, "PGLrn08/Ba1sEIuSwPQRBPD54PA="},
        Vector{"v17https", "https://voice.example.com/twilio/media", {}, "O4P2Ggul8e4hQEZViN+aHilXfFo="},
        Vector{"v18",
               kVoice,
               {{"CallSid", "CA1"}, {"CallerName", ""}, {"From", "+15550100"}},
               "jP4SMekWKjhui37Ab7DPVUhYyEU="},
        Vector{"v19",
               kVoice,
               {{"CallSid", "CA1"}, {"SpeechResult", "caf\xC3\xA9 \xC3\xB1"}},
               "+DyBcY+e/9fxHLoJBzswJMfMaW4="},
        Vector{"v20", kVoice, {{"a", "1"}, {"B", "2"}}, "mFAT0W+OtpU0jOS4aHjZiiT0ZmE="},
        Vector{"v21",
               "https://voice.example.com/twilio/voice?CallSid=CA1&From=%2B15550100",
               {},
               "/IgUdSDB7l00IUXtSB/QtzJryJg="}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(LabTwilioSignature, PortIsWrittenOutBySchemeAndOnlyOnce) {
    EXPECT_EQ(url_with_port("https://h.example/a?b=c:d"), "https://h.example:443/a?b=c:d");
    EXPECT_EQ(url_with_port("wss://h.example"), "wss://h.example:443");
    EXPECT_EQ(url_with_port("ws://user:pass@h.example/a"), "ws://user:pass@h.example:80/a");
    EXPECT_EQ(url_with_port("http://[::1]/a"), "http://[::1]:80/a");
    EXPECT_EQ(url_with_port("http://[::1]:8080/a"), "http://[::1]:8080/a");
    EXPECT_EQ(url_with_port("https://h.example:8443/a"), "https://h.example:8443/a");
}

TEST(LabTwilioSignature, FormIsEncodedAsBrowsersDo) {
    EXPECT_EQ(form_encode({{"From", "+1 555"}, {"e", ""}, {"x", "a&b=c/\xC3\xA9"}}),
              "From=%2B1+555&e=&x=a%26b%3Dc%2F%C3%A9");
}

}  // namespace
}  // namespace trunkline::lab
