#pragma once
// A webhook receiver on plain sockets that keeps what it is sent.
#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/listening_socket.h"

namespace trunkline::test {

class Receiver {
  public:
    struct Post {
        std::string head, body;
        std::string header(const std::string& name) const;
        std::string path() const;
    };

    /// `fails` says for the n-th request (from 0) whether it gets a 500 and is not kept. The others are answered with
    /// `answer`, JSON, or with 204 when there is none.
    explicit Receiver(std::function<bool(int)> fails, std::string answer = "");
    ~Receiver();
    std::string url(const std::string& path = "/hook?k=v") const {
        return "http://" + listener_.host_and_port() + path;
    }
    std::vector<Post> accepted() const;

  private:
    void run();
    void serve(int client);

    std::function<bool(int)> fails_;
    std::string answer_;
    ListeningSocket listener_;
    int requests_ = 0;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
    mutable std::mutex mutex_;
    std::vector<Post> accepted_;
};

}  // namespace trunkline::test
