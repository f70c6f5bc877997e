// Writing JSON.
#include <gtest/gtest.h>

#include <limits>

#include "engine/core/json.h"

namespace trunkline {
namespace {

TEST(JsonWriter, PutsCommasWhereTheyBelong) {
    JsonWriter w;
    w.begin_object().field("a", 1).key("b").begin_array().value("x").value(true).null().begin_object().end().end();
    w.raw_field("c", "[1]").field("d", 0.1).field("e", std::string("s")).end();
    EXPECT_EQ(w.text(), R"({"a":1,"b":["x",true,null,{}],"c":[1],"d":0.1,"e":"s"})");
}

TEST(JsonWriter, EscapesKeysAndText) {
    JsonWriter w;
    w.begin_object().field("q\"", "line\nback\\slash\x01").end();
    EXPECT_EQ(w.text(), "{\"q\\\"\":\"line\\nback\\\\slash\\u0001\"}");
}

TEST(JsonWriter, ReplacesInvalidUtf8) {
    JsonWriter w;
    w.value(std::string_view("\xC3\xA4\xFF\xC0\x80z"));
    EXPECT_EQ(w.text(), "\"\xC3\xA4\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz\"");
}

TEST(JsonWriter, WritesNonFiniteNumbersAsNull) {
    JsonWriter w;
    w.begin_array()
        .value(std::numeric_limits<double>::infinity())
        .value(std::numeric_limits<double>::quiet_NaN())
        .end();
    EXPECT_EQ(w.text(), "[null,null]");
}

TEST(JsonWriter, WritesTheLimitsOfIntegers) {
    JsonWriter w;
    w.begin_array().value(INT64_MIN).value(UINT64_MAX).end();
    EXPECT_EQ(w.text(), "[-9223372036854775808,18446744073709551615]");
}

TEST(IsUtf8, RefusesOverlongSurrogateAndTruncatedForms) {
    EXPECT_TRUE(is_utf8("\xF0\x9F\x98\x80 \xE2\x82\xAC"));
    for (const char* bad : {"\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80", "\xF5"})
        EXPECT_FALSE(is_utf8(bad));
}

}  // namespace
}  // namespace trunkline
