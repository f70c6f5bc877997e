// The pure text parsers of the box: URLs, forms, routes, and the client's judgement of an upgrade answer.
#include <gtest/gtest.h>

#include "engine/net/http_head.h"
#include "engine/net/http_routes.h"
#include "engine/net/http_upgrade.h"
#include "engine/net/upgrade_request.h"
#include "engine/net/url.h"

namespace trunkline {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;
using Verdict = UpgradeAnswer::Verdict;

TEST(Url, splits_scheme_host_port_and_target) {
    auto url = parse_url("wss://agent.deepgram.com/v1/agent/converse?x=1%20");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->host, "agent.deepgram.com");
    EXPECT_EQ(url->port, 443);
    EXPECT_EQ(url->target, "/v1/agent/converse?x=1%20");
    EXPECT_TRUE(url->tls);
    EXPECT_EQ(url->host_header(), "agent.deepgram.com");
}

TEST(Url, an_ipv6_host_keeps_its_brackets_in_the_host_header_only) {
    auto url = parse_url("ws://[::1]:8080");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->host, "::1");
    EXPECT_EQ(url->target, "/");
    EXPECT_EQ(url->host_header(), "[::1]:8080");
}

class BadUrl : public testing::TestWithParam<const char*> {};
TEST_P(BadUrl, is_refused_without_being_repeated) {
    auto url = parse_url(GetParam());
    ASSERT_FALSE(url);
    EXPECT_EQ(url.error().code, "bad-url");
    EXPECT_EQ(url.error().message.find("secret"), std::string::npos);
}
INSTANTIATE_TEST_SUITE_P(Net, BadUrl,
                         testing::Values("", "secret", "ftp://secret/", "ws://", "ws:///secret", "ws://host:0/secret",
                                         "ws://host:99999/secret", "ws://user:secret@host/", "ws://host/a secret",
                                         "ws://host/\r\nsecret: 1", "ws://h\xc3\xb6st/secret", "ws://h%0d%0asecret/",
                                         "ws://secret%3a80/", "ws://[secret:1]/"));

TEST(Head, is_whole_at_its_empty_line_whatever_the_line_ends_are) {
    for (const char* text :
         {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / HTTP/1.1\nHost: h\n\n", "\r\n\r\nGET /\r\n\r\nbody",
          "POST / HTTP/1.1\r\nContent-Length: 12\r\n\r\n", "POST /\r\ntransfer-encoding:CHUNKED\t\r\n\r\n"})
        EXPECT_EQ(judge_head(text), HeadState::kWhole) << text;
    for (const char* text : {"", "\r\n\r\n", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nContent-Length: x\r\n", "GET /"})
        EXPECT_EQ(judge_head(text), HeadState::kIncomplete) << text;
}

TEST(Head, is_unreadable_when_nobody_can_tell_where_its_body_ends) {
    for (const char* header :
         {"Content-Length: 10'", "content-length:", "Content-Length: -1", "Content-Length: +1", "Content-Length: 1, 1",
          "Content-Length: 1\r2", "Content-Length: 9999999999999999999", "Content-Length: 1\r\n 2",
          "Transfer-Encoding: gzip", "Transfer-Encoding: chunked, identity", "X: a\r\n\tb"}) {
        EXPECT_EQ(judge_head("\r\nPOST / HTTP/1.1\r\nHost: h\r\n" + std::string(header) + "\r\n\r\n"),
                  HeadState::kUnreadable)
            << header;
    }
}

TEST(Form, keeps_order_repeats_and_empty_values) {
    EXPECT_EQ(HttpRequest::parse_form("b=2&a=1&b=3&c=&d"),
              (Pairs{{"b", "2"}, {"a", "1"}, {"b", "3"}, {"c", ""}, {"d", ""}}));
}

TEST(Form, decodes_plus_and_percent_in_names_and_values) {
    EXPECT_EQ(HttpRequest::parse_form("From=%2B1415&Sp%20eech=caf%C3%A9+%c3%b1"),
              (Pairs{{"From", "+1415"}, {"Sp eech", "café ñ"}}));
}

TEST(Form, a_broken_percent_encoding_stays_as_it_is) {
    EXPECT_EQ(HttpRequest::parse_form("a=%&b=%2&c=%zz&d=100%25"),
              (Pairs{{"a", "%"}, {"b", "%2"}, {"c", "%zz"}, {"d", "100%"}}));
}

TEST(Form, empty_pairs_are_nothing) { EXPECT_TRUE(HttpRequest::parse_form("&&").empty()); }

TEST(Request, header_names_are_compared_without_case) {
    HttpRequest request;
    request.headers = {{"X-Twilio-Signature", "first"}, {"x-twilio-signature", "second"}};
    EXPECT_EQ(request.header("x-TWILIO-signature"), "first");
    EXPECT_FALSE(request.header("x-twilio"));
}

class Routes : public testing::Test {
  protected:
    Routes() {
        auto nothing = [](Shard*, const HttpRequest&, HttpReply) {};
        for (const char* pattern : {"/", "/calls", "/calls/*", "/calls/*/log", "/calls/live"})
            table.add("GET", pattern, nothing);
        table.add("POST", "/calls", nothing);
        table.add_upgrade("/media/*", [](Shard*, const HttpRequest&, auto*) { return std::nullopt; });
    }
    RouteTable table;
};

TEST_F(Routes, a_star_matches_one_whole_segment_and_is_decoded) {
    EXPECT_EQ(table.find("GET", "/calls/a%20b/log").captures, std::vector<std::string>{"a b"});
    EXPECT_EQ(table.find("GET", "/calls/%zz/log").captures, std::vector<std::string>{"%zz"});
    EXPECT_EQ(table.find("GET", "/calls//log").handler, nullptr);
    EXPECT_EQ(table.find("GET", "/calls/a/b/log").handler, nullptr);
    EXPECT_EQ(table.find("GET", "/calls/").handler, nullptr);
}

TEST_F(Routes, the_longest_literal_wins) { EXPECT_TRUE(table.find("GET", "/calls/live").captures.empty()); }

TEST_F(Routes, head_is_answered_by_get) { EXPECT_NE(table.find("HEAD", "/calls").handler, nullptr); }

TEST_F(Routes, another_method_names_those_allowed) {
    auto found = table.find("DELETE", "/calls");
    EXPECT_EQ(found.handler, nullptr);
    EXPECT_EQ(found.allow, "GET, HEAD, POST");
    EXPECT_EQ(table.find("GET", "/nowhere").allow, "");
}

TEST_F(Routes, an_upgrade_path_is_no_ordinary_route) {
    EXPECT_EQ(table.find_upgrade("/media/ticket").captures, std::vector<std::string>{"ticket"});
    EXPECT_EQ(table.find("GET", "/media/ticket").handler, nullptr);
    EXPECT_EQ(table.find_upgrade("/calls").upgrade, nullptr);
}

const char* const kKey = "dGhlIHNhbXBsZSBub25jZQ==";  // the example of RFC 6455 section 1.3
const std::string kSwitch =
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nConnection: keep-alive, upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

TEST(UpgradeAnswer, the_accept_value_of_the_rfc) { EXPECT_EQ(websocket_accept(kKey), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="); }

TEST(UpgradeAnswer, keys_are_16_random_bytes) {
    EXPECT_EQ(new_websocket_key().size(), 24U);
    EXPECT_NE(new_websocket_key(), new_websocket_key());
}

TEST(UpgradeAnswer, a_right_101_is_accepted_and_what_follows_is_not_consumed) {
    std::string head = kSwitch + "\r\n";
    auto answer = judge_upgrade_answer(head + "\x81\x02hi", false, kKey, "");
    EXPECT_EQ(answer.verdict, Verdict::kAccepted);
    EXPECT_EQ(answer.consumed, head.size());
}

TEST(UpgradeAnswer, is_the_same_for_every_split) {
    std::string text = "HTTP/1.1 103 Early Hints\r\n\r\n" + kSwitch + "\r\n";
    for (size_t n = 0; n < text.size(); ++n)
        EXPECT_EQ(judge_upgrade_answer(text.substr(0, n), false, kKey, "").verdict, Verdict::kMore) << n;
    EXPECT_EQ(judge_upgrade_answer(text, false, kKey, "").verdict, Verdict::kAccepted);
}

TEST(UpgradeAnswer, an_extension_or_subprotocol_that_was_not_offered_breaks_it) {
    EXPECT_EQ(
        judge_upgrade_answer(kSwitch + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", false, kKey, "").verdict,
        Verdict::kBroken);
    std::string chosen = kSwitch + "Sec-WebSocket-Protocol: chat\r\n\r\n";
    EXPECT_EQ(judge_upgrade_answer(chosen, false, kKey, "").verdict, Verdict::kBroken);
    EXPECT_EQ(judge_upgrade_answer(chosen, false, kKey, "token, chat").verdict, Verdict::kAccepted);
}

TEST(UpgradeAnswer, another_key_breaks_it) {
    EXPECT_EQ(judge_upgrade_answer(kSwitch + "\r\n", false, "AAAAAAAAAAAAAAAAAAAAAA==", "").verdict, Verdict::kBroken);
}

class BrokenAnswer : public testing::TestWithParam<std::string> {};
TEST_P(BrokenAnswer, is_broken) {
    EXPECT_EQ(judge_upgrade_answer(GetParam(), true, kKey, "").verdict, Verdict::kBroken);
}
INSTANTIATE_TEST_SUITE_P(Net, BrokenAnswer,
                         testing::Values("", "SSH-2.0-x\r\n", "HTTP/1.1 101", "HTTP/1.1 101 x\r\n\r\n",
                                         "HTTP/1.1 abc x\r\n\r\n", "HTTP/1.1 99 x\r\n\r\n", "HTTP/1.1 1011 x\r\n\r\n",
                                         "HTTP/2 101\r\n\r\n", "HTTP/1.1 101 x\r\nno colon\r\n\r\n",
                                         "HTTP/1.1 101 x\r\nupgrade: websocket\r\n\r\n"));

TEST(UpgradeAnswer, headers_above_16_KiB_break_it_before_they_end) {
    std::string endless = "HTTP/1.1 101 x\r\nx: " + std::string(kMaxUpgradeHeader, 'a');
    EXPECT_EQ(judge_upgrade_answer(endless, false, kKey, "").verdict, Verdict::kBroken);
}

TEST(UpgradeAnswer, a_refusal_tells_status_and_the_vendors_reason) {
    auto answer = judge_upgrade_answer("HTTP/1.1 401 No\r\nContent-Length: 900\r\nDG-Error: bad credentials\r\n\r\n",
                                       false, kKey, "");
    EXPECT_EQ(answer.verdict, Verdict::kRefused);
    EXPECT_EQ(answer.refusal.http_status, 401);
    EXPECT_EQ(answer.refusal.detail, "bad credentials");
}

TEST(UpgradeAnswer, a_refusal_waits_for_its_body_and_takes_200_bytes) {
    std::string head = "HTTP/1.1 503 Busy\r\nContent-Length: 11\r\n\r\n";
    EXPECT_EQ(judge_upgrade_answer(head + "try", false, kKey, "").verdict, Verdict::kMore);
    EXPECT_EQ(judge_upgrade_answer(head + "try", true, kKey, "").refusal.detail, "try");
    EXPECT_EQ(judge_upgrade_answer(head + "try\nlater\x01x", false, kKey, "").refusal.detail, "try later x");
    auto longer = judge_upgrade_answer("HTTP/1.1 400 x\r\n\r\n" + std::string(500, 'a'), false, kKey, "");
    EXPECT_EQ(longer.refusal.detail, std::string(200, 'a'));
}

TEST(UpgradeAnswer, of_a_chunked_refusal_the_first_chunk_is_told) {
    std::string head = "HTTP/1.1 400 x\r\nTransfer-Encoding: chunked\r\n\r\n";
    EXPECT_EQ(judge_upgrade_answer(head + "5\r\nhel", false, kKey, "").verdict, Verdict::kMore);
    EXPECT_EQ(judge_upgrade_answer(head + "5\r\nhello\r\n0\r\n\r\n", false, kKey, "").refusal.detail, "hello");
    EXPECT_EQ(judge_upgrade_answer(head + "0\r\n\r\n", false, kKey, "").verdict, Verdict::kRefused);
}

TEST(UpgradeAnswer, a_detail_is_cut_at_a_whole_character) {
    std::string body = std::string(199, 'a') + "\xc3\xa9 and more";
    auto answer = judge_upgrade_answer("HTTP/1.1 400 x\r\n\r\n" + body, true, kKey, "");
    EXPECT_EQ(answer.refusal.detail, std::string(199, 'a'));
}

TEST(UpgradeRequest, holds_our_headers_and_refuses_injection_and_its_own_names) {
    auto url = parse_url("ws://127.0.0.1:9/a?b=c");
    ASSERT_TRUE(url);
    auto text = upgrade_request(*url, {{"Authorization", "Token k"}}, kKey);
    ASSERT_TRUE(text);
    EXPECT_TRUE(text->starts_with("GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:9\r\n"));
    EXPECT_NE(text->find("\r\nAuthorization: Token k\r\n"), std::string::npos);
    EXPECT_TRUE(text->ends_with("\r\n\r\n"));
    EXPECT_FALSE(upgrade_request(*url, {{"A", "b\r\nC: d"}}, kKey));
    EXPECT_FALSE(upgrade_request(*url, {{"A\r\nB", "c"}}, kKey));
    EXPECT_FALSE(upgrade_request(*url, {{"sec-websocket-extensions", "x"}}, kKey));
}

HttpRequest upgrade_of(Pairs headers) {
    HttpRequest request;
    request.method = "GET";
    request.headers = std::move(headers);
    return request;
}

TEST(UpgradeCheck, a_right_request_passes) {
    auto request = upgrade_of({{"Upgrade", "h2c"},
                               {"upgrade", "WebSocket"},
                               {"Connection", "keep-alive"},
                               {"Connection", "Upgrade"},
                               {"Sec-WebSocket-Version", "13"},
                               {"Sec-WebSocket-Key", kKey}});
    EXPECT_TRUE(wants_websocket(request));
    EXPECT_FALSE(check_websocket_request(request, true));
    EXPECT_EQ(check_websocket_request(request, false)->status, 400);
}

TEST(UpgradeCheck, wrong_requests_get_the_status_of_the_rfc) {
    auto status = [](Pairs headers) { return check_websocket_request(upgrade_of(std::move(headers)), true)->status; };
    EXPECT_EQ(status({{"Sec-WebSocket-Version", "13"}, {"Sec-WebSocket-Key", kKey}}), 400);
    EXPECT_EQ(status({{"Connection", "Upgrade"}, {"Sec-WebSocket-Version", "8"}, {"Sec-WebSocket-Key", kKey}}), 426);
    EXPECT_EQ(status({{"Connection", "Upgrade"}, {"Sec-WebSocket-Version", "13"}, {"Sec-WebSocket-Key", "AAAA"}}), 400);
    EXPECT_EQ(status({{"Connection", "Upgrade"}, {"Sec-WebSocket-Version", "13"}}), 400);
}

}  // namespace
}  // namespace trunkline
