// RFC 6455 section 4.1: what our client asks and which answers it takes, over TCP. The numbers in the names are those
// of the RFC's sections; the answer as pure text is in tests/unit/net/text_test.cc.
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "engine/core/base64.h"
#include "engine/net/upgrade_request.h"
#include "engine/net/websocket_client.h"
#include "tests/support/listening_socket.h"
#include "tests/unit/net/support.h"

namespace trunkline::test {
namespace {

using std::chrono_literals::operator""s;
using Answer = std::function<std::string(const std::string& key)>;

/// A server on the client's own shard: it reads requests and sends what the test says, `step` bytes at a time.
class Scripted final : FdHandler {
  public:
    Scripted(Shard* shard, Answer answer, size_t step, bool end)
        : shard_(shard), answer_(std::move(answer)), step_(step), end_(end) {
        shard_->watch(listener_.fd(), EPOLLIN, this);
    }
    ~Scripted() override {
        shard_->cancel(timer_);
        shard_->unwatch(listener_.fd());
        if (peer_ >= 0 && watched_) shard_->unwatch(peer_);
        if (peer_ >= 0) ::close(peer_);
    }
    uint16_t port() const { return listener_.port(); }
    std::string request;

  private:
    void on_fd(uint32_t) override {
        if (peer_ < 0) {
            peer_ = accept4(listener_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (peer_ < 0) return;
            shard_->watch(peer_, EPOLLIN, this);
            watched_ = true;
            return;
        }
        char buffer[4096];
        ssize_t n = ::recv(peer_, buffer, sizeof buffer, 0);
        if (n > 0) request.append(buffer, static_cast<size_t>(n));
        if (n == 0 || request.find("\r\n\r\n") != std::string::npos) {
            shard_->unwatch(peer_);
            watched_ = false;
        }
        if (watched_ || n <= 0) return;
        size_t at = request.find("Sec-WebSocket-Key: ") + 19;
        text_ = answer_(request.substr(at, request.find("\r\n", at) - at));
        send_some();
    }
    void send_some() {
        timer_ = 0;
        size_t n = std::min(step_, text_.size() - sent_);
        if (n > 0 && ::send(peer_, text_.data() + sent_, n, MSG_NOSIGNAL) != static_cast<ssize_t>(n)) return;
        sent_ += n;
        if (sent_ < text_.size()) timer_ = shard_->after(std::chrono::milliseconds(0), [this] { send_some(); });
        if (sent_ == text_.size() && end_) ::shutdown(peer_, SHUT_WR);
    }
    Shard* const shard_;
    const Answer answer_;
    const size_t step_;
    const bool end_;
    const ListeningSocket listener_{5, SOCK_NONBLOCK};
    int peer_ = -1;
    bool watched_ = false;
    std::string text_;
    size_t sent_ = 0;
    TimerId timer_ = 0;
};

class ClientHandshake : public testing::Test {
  protected:
    using Headers = std::vector<std::pair<std::string, std::string>>;
    /// One dial against `answer`; the outcome is in the members.
    void dial(const Answer& answer, Headers headers = {}, size_t step = 1 << 20, bool end = false) {
        server = std::make_unique<Scripted>(&shard, answer, step, end);
        socket.reset();
        error = {};
        refusal = {};
        bool over = false;
        auto handle = dial_websocket(
            &shard,
            {.url = "ws://127.0.0.1:" + std::to_string(server->port()) + "/a?b=c", .headers = std::move(headers)},
            [&](auto result, const UpgradeRefusal& why) {
                over = true;
                refusal = why;
                if (result) socket = std::move(*result);
                if (!result) error = result.error();
            });
        ASSERT_TRUE(shard.run_until([&] { return over; }, 20s));
    }
    /// The code of the error and, of a refusal, its status: "" when the answer was taken.
    std::string outcome(const std::string& status, const std::string& headers, Headers ours = {}, bool end = false) {
        dial([&](const std::string& key) { return status + "\r\n" + filled(headers, key) + "\r\n"; }, std::move(ours),
             1 << 20, end);
        return error.code == "refused" ? std::to_string(refusal.http_status) : error.code;
    }
    static std::string filled(std::string headers, const std::string& key) {
        for (size_t at; (at = headers.find("$ACCEPT")) != std::string::npos;)
            headers.replace(at, 7, websocket_accept(key));
        return headers;
    }

    Shard shard{0};
    std::unique_ptr<Scripted> server;
    std::unique_ptr<WebSocket> socket;
    Error error;
    UpgradeRefusal refusal;
};

const std::string kSwitch = "HTTP/1.1 101 Switching Protocols";
const std::string kUpgrade = "Upgrade: websocket\r\n";
const std::string kConnection = "Connection: Upgrade\r\n";
const std::string kAccept = "Sec-WebSocket-Accept: $ACCEPT\r\n";
const std::string kGood = kUpgrade + kConnection + kAccept;

TEST_F(ClientHandshake, s4_1_the_request_is_a_get_with_every_required_header_once_and_a_fresh_key) {
    std::set<std::string> keys;
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(outcome(kSwitch, kGood, {{"Authorization", "Token x"}}), "") << error.message;
        const std::string& request = server->request;
        EXPECT_TRUE(request.starts_with("GET /a?b=c HTTP/1.1\r\n")) << request;
        for (const std::string& header :
             {"Host: 127.0.0.1:" + std::to_string(server->port()), std::string("Upgrade: websocket"),
              std::string("Connection: Upgrade"), std::string("Sec-WebSocket-Version: 13"),
              std::string("Authorization: Token x")}) {
            size_t at = request.find("\r\n" + header + "\r\n");
            ASSERT_NE(at, std::string::npos) << header << " in " << request;
            EXPECT_EQ(request.find("\r\n" + header.substr(0, header.find(' ')), at + 2), std::string::npos) << header;
        }
        EXPECT_EQ(request.find("Sec-WebSocket-Extensions"), std::string::npos);
        size_t at = request.find("Sec-WebSocket-Key: ") + 19;
        std::string key = request.substr(at, request.find("\r\n", at) - at);
        auto bytes = base64_decode(key);
        ASSERT_TRUE(bytes) << key;
        EXPECT_EQ(bytes->size(), 16U);
        keys.insert(key);
    }
    EXPECT_EQ(keys.size(), 3U);
}

TEST_F(ClientHandshake, s4_1_a_101_without_a_right_upgrade_connection_or_accept_is_a_bad_upgrade) {
    for (const std::string& headers :
         {std::string(), kUpgrade, kConnection + kAccept, kUpgrade + kAccept, kUpgrade + kConnection,
          "Upgrade: h2c\r\n" + kConnection + kAccept, kUpgrade + "Connection: keep-alive\r\n" + kAccept,
          kUpgrade + kConnection + "Sec-WebSocket-Accept: \r\n",
          kUpgrade + kConnection + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
          kUpgrade + kConnection + "Sec-WebSocket-Accept: x$ACCEPT\r\n", kGood + kAccept})
        EXPECT_EQ(outcome(kSwitch, headers), "bad-upgrade") << headers;
}

TEST_F(ClientHandshake, s4_1_names_and_tokens_of_a_101_have_no_case) {
    EXPECT_EQ(outcome("HTTP/1.1 101 Fine",
                      "uPGRADE: WebSocket\r\nCONNECTION: keep-alive, UPGRADE\r\n"
                      "sec-websocket-ACCEPT:   $ACCEPT  \r\nX: y\r\n"),
              "")
        << error.message;
    EXPECT_EQ(outcome("HTTP/1.1 101 ", kGood), "") << error.message;
}

TEST_F(ClientHandshake, s4_1_an_extension_nobody_offered_is_a_bad_upgrade) {
    for (const char* extension : {"permessage-deflate", "x-webkit-deflate-frame", "permessage-deflate; a=b, c"})
        EXPECT_EQ(outcome(kSwitch, kGood + "Sec-WebSocket-Extensions: " + extension + "\r\n"), "bad-upgrade");
}

TEST_F(ClientHandshake, s4_1_only_a_subprotocol_that_was_offered_exactly_so_is_taken) {
    const Headers offer = {{"Sec-WebSocket-Protocol", "chat, Voice"}};
    EXPECT_EQ(outcome(kSwitch, kGood + "Sec-WebSocket-Protocol: Voice\r\n", offer), "") << error.message;
    EXPECT_EQ(outcome(kSwitch, kGood, offer), "") << "none is a choice too";
    for (const char* chosen : {"voice", "CHAT", "chatter", "cha", "chat, Voice", "other"})
        EXPECT_EQ(outcome(kSwitch, kGood + "Sec-WebSocket-Protocol: " + chosen + "\r\n", offer), "bad-upgrade")
            << chosen;
    EXPECT_EQ(outcome(kSwitch, kGood + "Sec-WebSocket-Protocol: chat\r\n"), "bad-upgrade") << "nothing was offered";
    EXPECT_EQ(outcome(kSwitch, kGood + "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: Voice\r\n", offer),
              "bad-upgrade");
}

TEST_F(ClientHandshake, s4_1_every_other_status_is_a_refusal_that_tells_it) {
    for (int status : {200, 204, 301, 302, 304, 307, 400, 401, 403, 404, 426, 429, 500, 502, 503}) {
        const std::string line = "HTTP/1.1 " + std::to_string(status) + " x";
        const std::string headers = "Location: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n" + kGood;
        EXPECT_EQ(outcome(line, headers), std::to_string(status));
        EXPECT_NE(error.message.find(std::to_string(status)), std::string::npos) << error.message;
    }
}

TEST_F(ClientHandshake, s4_1_interim_answers_are_passed_over) {
    EXPECT_EQ(outcome("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + kSwitch, kGood), "")
        << error.message;
    EXPECT_EQ(outcome("HTTP/1.1 103 x\r\n\r\nHTTP/1.1 503 Busy", "Content-Length: 0\r\n"), "503");
    std::string many;
    for (int i = 0; i < 2000; ++i) many += "HTTP/1.1 100 Continue\r\n\r\n";
    EXPECT_EQ(outcome(many + kSwitch, kGood), "bad-upgrade") << "above 16 KiB of headers, whatever they are";
}

TEST_F(ClientHandshake, s4_1_an_answer_that_trickles_in_byte_by_byte_is_an_answer) {
    dial([](const std::string& key) { return kSwitch + "\r\n" + filled(kGood, key) + "\r\n"; }, {}, 1);
    EXPECT_TRUE(socket) << error.message;
    dial([](const std::string&) { return std::string("HTTP/1.1 403 No\r\nContent-Length: 6\r\n\r\nno key"); }, {}, 1);
    EXPECT_EQ(refusal.http_status, 403);
    EXPECT_EQ(refusal.detail, "no key");
}

TEST_F(ClientHandshake, s4_1_frames_behind_the_101_are_delivered_wherever_the_answer_is_cut) {
    for (size_t step : {7, 129, 4096, 1 << 20}) {
        const std::string large(10'000, 'l');
        dial(
            [&](const std::string& key) {
                return kSwitch + "\r\n" + filled(kGood, key) + "\r\n" + frame(kText, "Welcome", {.masked = false}) +
                       frame(kText, large, {.masked = false}) + frame(kPing, "p", {.masked = false}) +
                       frame(kText, "cut", {.masked = false}).substr(0, 3);
            },
            {}, step);
        ASSERT_TRUE(socket) << error.message;
        Recorder seen;
        socket->set_listener(&seen);
        EXPECT_TRUE(shard.run_until([&] { return seen.texts.size() >= 2; }, 60s));
        ASSERT_EQ(seen.texts.size(), 2U);
        EXPECT_EQ(seen.texts[0], "Welcome");
        EXPECT_EQ(seen.texts[1], large);
        socket.reset();
    }
}

TEST_F(ClientHandshake, s4_1_what_is_no_http_or_ends_too_early_is_a_bad_upgrade) {
    for (const char* text : {"SSH-2.0-OpenSSH", "HTTP/2 101 x", "HTTP/1.1 1O1 x", "HTTP/1.1 101\tx", "ICY 200 OK"})
        EXPECT_EQ(outcome(text, kGood), "bad-upgrade") << text;
    for (const char* header : {"no colon\r\n", ": no name\r\n", "Na me: x\r\n", "Name : x\r\n", " folded: x\r\n"})
        EXPECT_EQ(outcome(kSwitch, kGood + header), "bad-upgrade") << header;
    for (const char* text : {"", "H", "HTTP/1.1 101 Switching", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: we"}) {
        dial([&](const std::string&) { return std::string(text); }, {}, 1 << 20, true);
        EXPECT_EQ(error.code, "bad-upgrade") << text;
        EXPECT_NE(error.message.find("closed the connection"), std::string::npos) << error.message;
    }
}

TEST_F(ClientHandshake, s10_1_headers_above_16_KiB_are_a_bad_upgrade_before_they_end) {
    dial([](const std::string&) { return kSwitch + "\r\nX: " + std::string(17'000, 'x'); });
    EXPECT_EQ(error.code, "bad-upgrade");
    EXPECT_NE(error.message.find("16 KiB"), std::string::npos) << error.message;
}

}  // namespace
}  // namespace trunkline::test
