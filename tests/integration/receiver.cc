#include "tests/integration/receiver.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace trunkline::test {

std::string Receiver::Post::header(const std::string& name) const {
    std::string lower = head;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return static_cast<char>(tolower(c)); });
    const size_t at = lower.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const size_t from = at + name.size() + 4;
    return head.substr(from, head.find("\r\n", from) - from);
}

std::string Receiver::Post::path() const {
    const size_t from = head.find(' ') + 1;
    return head.substr(from, head.find_first_of(" ?", from) - from);
}

Receiver::Receiver(std::function<bool(int)> fails, std::string answer)
    : fails_(std::move(fails)), answer_(std::move(answer)) {
    thread_ = std::thread([this] { run(); });
}

Receiver::~Receiver() {
    stop_ = true;
    thread_.join();
}

std::vector<Receiver::Post> Receiver::accepted() const {
    std::lock_guard lock(mutex_);
    return accepted_;
}

void Receiver::run() {
    while (!stop_) {
        pollfd p{listener_.fd(), POLLIN, 0};
        if (poll(&p, 1, 20) <= 0) continue;
        const int client = accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
        if (client >= 0) serve(client);
    }
}

void Receiver::serve(int client) {
    Post post;
    std::string text;
    char buffer[4096];
    size_t head = std::string::npos, length = 0;
    bool whole = false;
    while (!whole) {
        const ssize_t n = recv(client, buffer, sizeof buffer, 0);
        if (n <= 0) break;  // the sender died
        text.append(buffer, static_cast<size_t>(n));
        if (head == std::string::npos && (head = text.find("\r\n\r\n")) != std::string::npos) {
            post.head = text.substr(0, head + 2);
            length = static_cast<size_t>(std::atoi(post.header("content-length").c_str()));
        }
        whole = head != std::string::npos && text.size() >= head + 4 + length;
    }
    const bool fails = !whole || fails_(requests_++);
    if (!fails) {
        post.body = text.substr(head + 4);
        std::lock_guard lock(mutex_);
        accepted_.push_back(post);
    }
    const std::string body = fails ? "" : answer_;
    const std::string answer = std::string("HTTP/1.1 ") +
                               (fails          ? "500 Oops"
                                : body.empty() ? "204 Fine"
                                               : "200 Fine") +
                               "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
                               "\r\nConnection: close\r\n\r\n" + body;
    send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
    close(client);
}

}  // namespace trunkline::test
