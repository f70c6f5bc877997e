// Reading JSON: strictness, limits, and the hostile texts that json-glib alone would take wrongly.
#include "engine/core/json.h"

#include <gtest/gtest.h>

#include "engine/core/json_check.h"

namespace trunkline {
namespace {

Json parsed(std::string_view text) {
    auto json = Json::parse(text);
    EXPECT_TRUE(json.has_value()) << text << ": " << (json ? "" : json.error().message);
    return json ? *json : Json();
}

TEST(Json, ReadsMembersElementsAndTypes) {
    const Json doc = parsed(R"({"a": {"b": [1, 2.5, "x", true, null]}})");
    const Json list = doc["a"]["b"];
    ASSERT_EQ(list.size(), 5U);
    EXPECT_EQ(list.at(0).int_or(0), 1);
    EXPECT_EQ(list.at(1).number_or(0), 2.5);
    EXPECT_EQ(list.at(2).text_or(""), "x");
    EXPECT_TRUE(list.at(3).bool_or(false));
    EXPECT_TRUE(list.at(4).is_null());
}

TEST(Json, AnswersMissingValuesWithTheFallback) {
    const Json doc = parsed(R"({"a": 1})");
    EXPECT_EQ(doc["x"]["y"].at(3).text_or("none"), "none");
    EXPECT_EQ(doc["a"].text_or("none"), "none");
    EXPECT_FALSE(doc["x"].exists());
    EXPECT_EQ(doc["x"].dump(), "null");
}

TEST(Json, ReadsIntegersFromStrings) {
    EXPECT_EQ(parsed(R"("160")").int_or(-1), 160);
    EXPECT_EQ(parsed(R"("16a")").int_or(-1), -1);
    EXPECT_EQ(parsed(R"("")").int_or(-1), -1);
}

TEST(Json, PartsOutliveTheDocument) {
    Json part;
    {
        const Json doc = parsed(R"({"a": {"deep": ["kept"]}})");
        part = doc["a"]["deep"];
    }
    EXPECT_EQ(part.at(0).text_or(""), "kept");
}

TEST(Json, DumpsCompactlyInDocumentOrder) {
    const char* text = R"({"z":1,"a":[true,null,0.1,-2,"q\"\n"],"e":{},"f":[]})";
    EXPECT_EQ(parsed(text).dump(), text);
}

TEST(Json, ListsKeysInDocumentOrder) {
    EXPECT_EQ(parsed(R"({"z":1,"a":2})").keys(), (std::vector<std::string>{"z", "a"}));
}

class BadJson : public testing::TestWithParam<const char*> {};

TEST_P(BadJson, IsRefused) {
    const auto json = Json::parse(GetParam());
    ASSERT_FALSE(json.has_value()) << json->dump();
    EXPECT_EQ(json.error().code, "json-syntax");
}

INSTANTIATE_TEST_SUITE_P(EveryForm, BadJson,
                         testing::Values("", " ", "{", "[", "]", "{]", "[}", "[1,]", "{\"a\":1,}", "{a:1}", "{'a':1}",
                                         "'a'", "[1 2]", "{\"a\" 1}", "{\"a\":}", "01", "-", "+1", "1.", ".5", "1e",
                                         "0x10", "NaN", "Infinity", "tru", "nulll", "\"a", "\"\\x\"", "\"\\u12g4\"",
                                         "\"\\u+123\"", "\"\t\"", "// c\n1", "/* c */ 1", "var a = 1", "1 2",
                                         "{\"a\":1}}", "\"\xff\"", "\"\xed\xa0\x80\"", "{,}", "[,1]", "{1:2}",
                                         "\"\\u12\"", "\"\\"));

TEST(Json, NamesLineAndColumnOfAnError) {
    const auto json = Json::parse("{\n  \"a\": 1,\n  \"b\": oops\n}");
    ASSERT_FALSE(json.has_value());
    EXPECT_NE(json.error().message.find("line 3, column 8"), std::string::npos) << json.error().message;
}

TEST(Json, RefusesTextAboveTheSizeLimit) {
    JsonLimits limits;
    limits.max_bytes = 8;
    EXPECT_TRUE(Json::parse("[1,2,34]", limits).has_value());
    const auto json = Json::parse("[1,2,345]", limits);
    ASSERT_FALSE(json.has_value());
    EXPECT_EQ(json.error().code, "json-size");
}

TEST(Json, RefusesNestingAboveTheDepthLimit) {
    EXPECT_TRUE(Json::parse(std::string(64, '[') + std::string(64, ']')).has_value());
    const auto json = Json::parse(std::string(65, '[') + std::string(65, ']'));
    ASSERT_FALSE(json.has_value());
    EXPECT_EQ(json.error().code, "json-depth");
}

TEST(Json, SurvivesAMillionOpenBrackets) {
    std::string bombs[] = {std::string(1'000'000, '['), std::string(), std::string()};
    for (int i = 0; i < 100'000; ++i) bombs[1] += "{\"a\":", bombs[2] += "[{\"a\":";
    for (const auto& bomb : bombs) EXPECT_FALSE(Json::parse(bomb).has_value());
}

TEST(Json, ReplacesLoneSurrogatesAndNul) {
    EXPECT_EQ(parsed(R"("a\ud800b")").text_or(""),
              "a\xEF\xBF\xBD"
              "b");
    EXPECT_EQ(parsed(R"("\udc00")").text_or(""), "\xEF\xBF\xBD");
    EXPECT_EQ(parsed(R"("\ud83d\ud83d\ude00")").text_or(""), "\xEF\xBF\xBD\xF0\x9F\x98\x80");
    EXPECT_EQ(parsed(R"("a\u0000b")").text_or(""),
              "a\xEF\xBF\xBD"
              "b");
}

TEST(Json, ReadsIntegersBeyond64BitsAsDoubles) {
    EXPECT_EQ(parsed("18446744073709551616").number_or(0), 18446744073709551616.0);
    EXPECT_EQ(parsed("9223372036854775807").int_or(0), INT64_MAX);
    EXPECT_EQ(parsed("-9223372036854775808").int_or(0), INT64_MIN);
    EXPECT_EQ(parsed("[1e3,2E+2]").at(0).int_or(0), 1000);
    EXPECT_EQ(parsed("1e999").number_or(-1), -1);
}

TEST(JsonDepth, SkipsBracketsInStrings) {
    EXPECT_EQ(json_depth(R"({"a":["[[[[\"[["]})"), 2);
    EXPECT_EQ(json_depth("1"), 0);
}

}  // namespace
}  // namespace trunkline
