// webhooksink in whole calls: one signed POST per fact, in order, at least once, also when the receiver fails first.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "engine/net/signature.h"
#include "tests/integration/rig.h"

namespace trunkline::test {
namespace {

using namespace std::chrono_literals;
using lab::CallResult;

/// A receiver on plain sockets that keeps what it is sent; the first `failures` requests get a 500.
class Receiver {
  public:
    struct Post {
        std::string head, body;
        std::string header(const std::string& name) const {
            std::string lower = head;
            std::transform(lower.begin(), lower.end(), lower.begin(),
                           [](char c) { return static_cast<char>(tolower(c)); });
            const size_t at = lower.find("\r\n" + name + ": ");
            if (at == std::string::npos) return "";
            const size_t from = at + name.size() + 4;
            return head.substr(from, head.find("\r\n", from) - from);
        }
    };

    explicit Receiver(int failures) : failures_(failures) {
        fd_ = socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(listen(fd_, 64), 0);
        getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { run(); });
    }
    ~Receiver() {
        stop_ = true;
        thread_.join();
        close(fd_);
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/hook?k=v"; }
    std::vector<Post> accepted() const {
        std::lock_guard lock(mutex_);
        return accepted_;
    }

  private:
    void run() {
        while (!stop_) {
            pollfd p{fd_, POLLIN, 0};
            if (poll(&p, 1, 20) <= 0) continue;
            const int client = accept(fd_, nullptr, nullptr);
            if (client >= 0) serve(client);
        }
    }
    void serve(int client) {
        Post post;
        std::string text;
        char buffer[4096];
        size_t head = std::string::npos, length = 0;
        while (head == std::string::npos || text.size() < head + 4 + length) {
            const ssize_t n = recv(client, buffer, sizeof buffer, 0);
            if (n <= 0) break;
            text.append(buffer, static_cast<size_t>(n));
            if (head == std::string::npos && (head = text.find("\r\n\r\n")) != std::string::npos) {
                post.head = text.substr(0, head + 2);
                length = static_cast<size_t>(std::atoi(post.header("content-length").c_str()));
            }
        }
        post.body = head == std::string::npos ? "" : text.substr(head + 4);
        const bool fails = failures_-- > 0;
        const std::string answer = std::string("HTTP/1.1 ") + (fails ? "500 Oops" : "204 Fine") +
                                   "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
        close(client);
        if (!fails) {
            std::lock_guard lock(mutex_);
            accepted_.push_back(post);
        }
    }

    int fd_ = -1;
    uint16_t port_ = 0;
    std::atomic<int> failures_;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
    mutable std::mutex mutex_;
    std::vector<Post> accepted_;
};

TEST(Webhook, EveryFactIsPostedSignedAndInOrder) {
    Receiver receiver(2);
    RigOptions options;
    options.extra_nodes = "  hook: {element: webhooksink, url: \"" + receiver.url() + "\", secret: hook-secret}\n";
    options.fact_sinks = "db, hook";
    Rig rig(options);
    auto call = rig.call();
    ASSERT_TRUE(
        call->wait_for([](const CallResult& c) { return !c.streams.empty() && c.stream().agent_speaking(); }, 20s));
    call->hang_up();
    const std::string id = rig.ended_call(call->result().call_sid);
    expect_one_clean_end(rig, id);
    const auto facts = rig.facts(id);
    const std::string all_settled =
        "select 1 from webhook_deliveries where state = 'delivered' and call_id = '" + id + "'";
    ASSERT_TRUE(rig.wait_sql(all_settled, facts.size(), 30'000))
        << rig.sql(all_settled).size() << " of " << facts.size();

    const auto posts = receiver.accepted();
    ASSERT_EQ(posts.size(), facts.size());
    for (size_t i = 0; i < posts.size(); ++i) {
        EXPECT_EQ(posts[i].body, facts[i].dump()) << "in order, the fact itself";
        EXPECT_EQ(posts[i].header("webhook-id"), id + ":" + std::to_string(i + 1));
        const int64_t at = std::atoll(posts[i].header("webhook-timestamp").c_str());
        EXPECT_EQ(posts[i].header("webhook-signature"),
                  webhook_signature("hook-secret", posts[i].header("webhook-id"), at, posts[i].body));
    }
    EXPECT_NE(posts.front().body.find("call.created"), std::string::npos);
    EXPECT_NE(posts.back().body.find("call.ended"), std::string::npos);
    EXPECT_EQ(rig.sql("select 1 from webhooks where url like '%hook-secret%' or url like '%k=v%'").size(), 0U);
}

TEST(Webhook, AFilterLetsOnlyItsFactsThrough) {
    Receiver receiver(0);
    RigOptions options;
    options.extra_nodes =
        "  hook: {element: webhooksink, url: \"" + receiver.url() + "\", secret: s, events: \"call.*, transcript\"}\n";
    options.fact_sinks = "db, hook";
    Rig rig(options);
    auto call = rig.call();
    ASSERT_TRUE(
        call->wait_for([](const CallResult& c) { return !c.streams.empty() && c.stream().agent_speaking(); }, 20s));
    call->hang_up();
    const std::string id = rig.ended_call(call->result().call_sid);
    ASSERT_TRUE(rig.wait_sql("select 1 from webhook_deliveries where state = 'delivered'", 4, 20'000));
    std::vector<std::string> types;
    for (const auto& post : receiver.accepted()) types.push_back((*Json::parse(post.body))["type"].text_or(""));
    EXPECT_EQ(types, (std::vector<std::string>{"call.created", "call.answered", "transcript", "call.ended"}));
}

}  // namespace
}  // namespace trunkline::test
