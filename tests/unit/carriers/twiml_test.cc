// The documents Twilio is answered with, read back by an XML parser.
#include <glib.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/carriers/twilio.h"

namespace trunkline::twilio {
namespace {

const Settings kSettings{"12345", "https://voice.example.com"};

/// A document as lines "Response", "Response/Connect/Stream url=…", "Response/Say 'text'", in document order.
struct Outline {
    std::vector<std::string> lines, path;
    std::string error;
};

std::string joined(const std::vector<std::string>& path) {
    std::string text;
    for (const auto& name : path) text += (text.empty() ? "" : "/") + name;
    return text;
}

Outline read(const std::string& xml) {
    Outline outline;
    const GMarkupParser parser = {
        [](GMarkupParseContext*, const gchar* name, const gchar** keys, const gchar** values, gpointer data, GError**) {
            auto* o = static_cast<Outline*>(data);
            o->path.emplace_back(name);
            std::string line = joined(o->path);
            for (int i = 0; keys[i]; ++i) line += std::string(" ") + keys[i] + "=" + values[i];
            o->lines.push_back(line);
        },
        [](GMarkupParseContext*, const gchar*, gpointer data, GError**) {
            static_cast<Outline*>(data)->path.pop_back();
        },
        [](GMarkupParseContext*, const gchar* text, gsize size, gpointer data, GError**) {
            auto* o = static_cast<Outline*>(data);
            if (size > 0) o->lines.push_back(joined(o->path) + " '" + std::string(text, size) + "'");
        },
        nullptr, nullptr};
    GMarkupParseContext* context = g_markup_parse_context_new(&parser, G_MARKUP_DEFAULT_FLAGS, &outline, nullptr);
    GError* error = nullptr;
    if (!g_markup_parse_context_parse(context, xml.data(), static_cast<gssize>(xml.size()), &error) ||
        !g_markup_parse_context_end_parse(context, &error)) {
        outline.error = error->message;
        g_error_free(error);
    }
    g_markup_parse_context_free(context);
    outline.lines.erase(std::remove(outline.lines.begin(), outline.lines.end(), " '\n'"), outline.lines.end());
    return outline;
}

using Lines = std::vector<std::string>;

TEST(StreamTwiml, Line19IsWellFormedAndStartsAtTheFirstByte) {
    const std::string xml = stream_twiml(kSettings, "/twilio/media/abc", {});
    EXPECT_EQ(xml.substr(0, 5), "<?xml");
    const Outline outline = read(xml);
    EXPECT_EQ(outline.error, "");
    EXPECT_EQ(outline.lines,
              (Lines{"Response", "Response/Connect",
                     "Response/Connect/Stream url=wss://voice.example.com/twilio/media/abc", "Response/Hangup"}));
}

TEST(StreamTwiml, Line18HangsUpWhenTheStreamEnds) {
    const Lines lines = read(stream_twiml(kSettings, "/m", {{"a", "b"}})).lines;
    EXPECT_EQ(lines.back(), "Response/Hangup");
}

TEST(StreamTwiml, Line19TheUrlIsWssWithoutAQueryWhateverTheParameters) {
    const std::string xml = stream_twiml(kSettings, "/m", {{"greeting", "How are you?"}});
    EXPECT_EQ(read(xml).lines.at(2), "Response/Connect/Stream url=wss://voice.example.com/m");
}

TEST(StreamTwiml, Line19EscapesAttributeValues) {
    const std::string odd = R"(<&>"' )"
                            "a\tb\nc ü";
    const Outline outline = read(stream_twiml(kSettings, "/m", {{"na\"me", odd}}));
    EXPECT_EQ(outline.error, "");
    EXPECT_EQ(outline.lines.at(3), "Response/Connect/Stream/Parameter name=na\"me value=" + odd);
}

TEST(StreamTwiml, Line19IsWellFormedWhateverBytesTheParametersHold) {
    std::string every;
    for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
    every += "\xEF\xBF\xBE\xEF\xBF\xBF";  // U+FFFE and U+FFFF: UTF-8, and yet no characters of XML
    const std::string xml = stream_twiml(kSettings, "/m", {{"p", every}});
    EXPECT_EQ(xml.find("\xEF\xBF\xBE"), std::string::npos);
    EXPECT_EQ(xml.find("\xEF\xBF\xBF"), std::string::npos);
    EXPECT_TRUE(g_utf8_validate(xml.data(), static_cast<gssize>(xml.size()), nullptr));
    EXPECT_EQ(read(xml).error, "");
    for (const char c : xml)
        ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n') << "not allowed in XML 1.0";
    for (const char* reference : {"&#x0;", "&#x1;", "&#x8;", "&#xb;", "&#x1f;"}) {
        EXPECT_EQ(xml.find(reference), std::string::npos) << "nor is a reference to such a character";
    }
}

TEST(StreamTwiml, KeepsTheOrderOfParameters) {
    const Lines lines = read(stream_twiml(kSettings, "/m", {{"z", "1"}, {"a", "2"}})).lines;
    EXPECT_EQ(lines.at(3), "Response/Connect/Stream/Parameter name=z value=1");
    EXPECT_EQ(lines.at(4), "Response/Connect/Stream/Parameter name=a value=2");
}

TEST(ApologyTwiml, SaysItAndHangsUp) {
    const Outline outline = read(apology_twiml("Sorry <again> & again"));
    EXPECT_EQ(outline.error, "");
    EXPECT_EQ(outline.lines,
              (Lines{"Response", "Response/Say", "Response/Say 'Sorry <again> & again'", "Response/Hangup"}));
}

TEST(RejectTwiml, SaysWhy) {
    EXPECT_EQ(read(reject_twiml(true)).lines, (Lines{"Response", "Response/Reject reason=busy"}));
    EXPECT_EQ(read(reject_twiml(false)).lines, (Lines{"Response", "Response/Reject reason=rejected"}));
    const std::string document = reject_twiml(true, "overload: storage --> is behind <&");
    EXPECT_NE(document.find("<!-- overload: storage - -> is behind <& -->"), std::string::npos) << document;
    const Outline outline = read(document);
    EXPECT_EQ(outline.error, "");
    EXPECT_EQ(outline.lines, (Lines{"Response", "Response/Reject reason=busy"}));
}

}  // namespace
}  // namespace trunkline::twilio
