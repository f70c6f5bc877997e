// Base64: RFC 4648 vectors, every malformed form refused.
#include "engine/core/base64.h"

#include <gtest/gtest.h>

#include "engine/core/id.h"

namespace trunkline {
namespace {

std::span<const uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::optional<std::string> decoded(std::string_view text) {
    const auto bytes = base64_decode(text);
    if (!bytes) return std::nullopt;
    return std::string(bytes->begin(), bytes->end());
}

TEST(Base64, EncodesTheVectorsOfTheRfc) {
    EXPECT_EQ(base64_encode(bytes_of("")), "");
    EXPECT_EQ(base64_encode(bytes_of("f")), "Zg==");
    EXPECT_EQ(base64_encode(bytes_of("fo")), "Zm8=");
    EXPECT_EQ(base64_encode(bytes_of("foo")), "Zm9v");
    EXPECT_EQ(base64_encode(bytes_of("foob")), "Zm9vYg==");
    EXPECT_EQ(base64_encode(bytes_of("foobar")), "Zm9vYmFy");
}

TEST(Base64, DecodesTheVectorsOfTheRfc) {
    EXPECT_EQ(decoded(""), "");
    EXPECT_EQ(decoded("Zg=="), "f");
    EXPECT_EQ(decoded("Zm8="), "fo");
    EXPECT_EQ(decoded("Zm9v"), "foo");
    EXPECT_EQ(decoded("Zm9vYmFy"), "foobar");
}

TEST(Base64, ReturnsWhatWentInForEveryLength) {
    for (size_t size = 0; size < 200; ++size) {
        std::vector<uint8_t> bytes(size);
        random_bytes(bytes);
        EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes) << size;
        EXPECT_EQ(base64url_decode(base64url_encode(bytes)), bytes) << size;
    }
}

class MalformedBase64 : public testing::TestWithParam<const char*> {};

TEST_P(MalformedBase64, IsRefused) { EXPECT_EQ(decoded(GetParam()), std::nullopt); }

INSTANTIATE_TEST_SUITE_P(EveryForm, MalformedBase64,
                         testing::Values("Z", "Zg", "Zg=", "Zm8", "=", "==", "====", "Z===", "=Zg=", "Z=g=", "Zg==Zg==",
                                         "Zm9v=", "Zm9vYg", " Zg==", "Zg== ", "Zm9v\n", "Zm\n9v", "Zm9-", "Zm9_",
                                         "Zm9*", "Zm9\x80", "Zh==", "Zm9=", "Zg=a", "Zg=\n"));

TEST(Base64, RefusesAnEmbeddedNul) { EXPECT_EQ(decoded(std::string_view("Zm\0v", 4)), std::nullopt); }

TEST(Base64, NeverWritesBeyondTheBound) {
    std::vector<uint8_t> out(base64_decoded_bound(8) + 1, 0xEE);
    EXPECT_EQ(base64_decode("Zm9vYmFy", out.data()), 6U);
    EXPECT_EQ(out.back(), 0xEE);
}

TEST(Base64Url, UsesItsOwnAlphabetWithoutPadding) {
    const std::vector<uint8_t> bytes = {0xFB, 0xFF};
    EXPECT_EQ(base64url_encode(bytes), "-_8");
    EXPECT_EQ(base64url_decode("-_8"), bytes);
}

TEST(Base64Url, RefusesPaddingTheStandardAlphabetAndLooseBits) {
    for (const char* text : {"-_8=", "+/8", "A", "-_9", "Zh"}) EXPECT_EQ(base64url_decode(text), std::nullopt) << text;
}

}  // namespace
}  // namespace trunkline
