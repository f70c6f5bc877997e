// Client framing: what must be accepted, and every breach that must be noticed.
#include "lab/carrier/ws_frames.h"

#include <gtest/gtest.h>

#include "lab/carrier/ws_upgrade.h"

namespace trunkline::lab {
namespace {

std::string bytes(std::initializer_list<int> list) {
    std::string out;
    for (int one : list) out += static_cast<char>(one);
    return out;
}

std::string first_violation(const std::string& input) {
    WsFrameReader reader;
    reader.feed(input);
    while (auto event = reader.next()) {
        if (event->kind == WsEvent::Kind::kViolation) return event->data;
    }
    return "";
}

TEST(LabWsFrames, TextIsReadByteByByte) {
    WsFrameReader reader;
    std::string frame = bytes({0x81, 126, 0, 200}) + std::string(200, 'x');
    for (char c : frame) {
        EXPECT_FALSE(reader.next());
        reader.feed({&c, 1});
    }
    auto event = reader.next();
    ASSERT_TRUE(event);
    EXPECT_EQ(event->kind, WsEvent::Kind::kText);
    EXPECT_EQ(event->data, std::string(200, 'x'));
}

TEST(LabWsFrames, FragmentedTextWithAPingInsideIsOneMessageAndCounted) {
    WsFrameReader reader;
    reader.feed(bytes({0x01, 2, 'a', 'b', 0x89, 1, 'p', 0x80, 1, 'c'}));
    EXPECT_EQ(reader.next()->kind, WsEvent::Kind::kPing);
    EXPECT_EQ(reader.next()->data, "abc");
    EXPECT_EQ(reader.fragmented_messages(), 1);
}

TEST(LabWsFrames, CloseCarriesCodeAndReason) {
    WsFrameReader reader;
    reader.feed(bytes({0x88, 4, 0x03, 0xF0, 'n', 'o'}));
    auto event = reader.next();
    ASSERT_TRUE(event);
    EXPECT_EQ(event->close_code, 1008);
    EXPECT_EQ(event->data, "no");
}

TEST(LabWsFrames, EveryBreachIsNamed) {
    EXPECT_NE(first_violation(bytes({0x09, 0})).find("control frame is fragmented"), std::string::npos);
    EXPECT_NE(first_violation(bytes({0x81, 0x81, 1, 2, 3, 4, 5})).find("masked"), std::string::npos);
    EXPECT_NE(first_violation(bytes({0xC1, 0})).find("reserved bit"), std::string::npos);
    EXPECT_NE(first_violation(bytes({0x83, 0})).find("opcode 3"), std::string::npos);
    EXPECT_NE(first_violation(bytes({0x8B, 0})).find("opcode 11"), std::string::npos);
    EXPECT_NE(first_violation(bytes({0x89, 126, 0, 126})).find("125"), std::string::npos);
    EXPECT_NE(first_violation(bytes({0x80, 0})).find("continuation"), std::string::npos);
    EXPECT_NE(first_violation(bytes({0x01, 0, 0x81, 0})).find("inside"), std::string::npos);
    EXPECT_NE(first_violation(bytes({0x81, 126, 0, 5})).find("shortest"), std::string::npos);
    EXPECT_NE(first_violation(bytes({0x81, 1, 0xFF})).find("UTF-8"), std::string::npos);
    EXPECT_NE(first_violation(bytes({0x88, 1, 3})).find("half a code"), std::string::npos);
    EXPECT_NE(first_violation(bytes({0x88, 2, 0x03, 0xED})).find("1005"), std::string::npos);
    EXPECT_NE(first_violation(bytes({0x81, 127, 0, 0, 0, 1, 0, 0, 0, 0})).find("too large"), std::string::npos);
}

TEST(LabWsFrames, NothingComesAfterABreach) {
    WsFrameReader reader;
    reader.feed(bytes({0xC1, 0, 0x81, 1, 'x'}));
    EXPECT_EQ(reader.next()->kind, WsEvent::Kind::kViolation);
    reader.feed(bytes({0x81, 1, 'x'}));
    EXPECT_FALSE(reader.next());
}

TEST(LabWsFrames, OwnFramesAreMaskedAndUseAllThreeLengthForms) {
    std::string out;
    append_ws_frame(out, kWsText, "Hi", 0x01020304);
    EXPECT_EQ(out, bytes({0x81, 0x82, 1, 2, 3, 4, 'H' ^ 1, 'i' ^ 2}));
    out.clear();
    append_ws_frame(out, kWsText, std::string(300, 'a'), 0);
    EXPECT_EQ(out.substr(0, 4), bytes({0x81, 0xFE, 1, 44}));
    out.clear();
    append_ws_frame(out, kWsText, std::string(70000, 'a'), 0);
    EXPECT_EQ(out.substr(0, 10), bytes({0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0x11, 0x70}));
}

TEST(LabWsUpgrade, ExampleOfTheStandardIsAccepted) {
    const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
    EXPECT_EQ(ws_accept_for(key), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    int status = 0;
    auto head = [](const std::string& more) {
        return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
               "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" +
               more;
    };
    EXPECT_EQ(upgrade_fault(head(""), key, status), std::nullopt);
    EXPECT_EQ(status, 101);
    EXPECT_TRUE(upgrade_fault(head("\r\nSec-WebSocket-Extensions: permessage-deflate"), key, status));
    EXPECT_TRUE(upgrade_fault(head("\r\nSec-WebSocket-Protocol: audio"), key, status));
    EXPECT_TRUE(upgrade_fault(head("x"), key, status));
    EXPECT_TRUE(upgrade_fault("HTTP/1.1 403 Forbidden", key, status));
    EXPECT_EQ(status, 403);
}

}  // namespace
}  // namespace trunkline::lab
