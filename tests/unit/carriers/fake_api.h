#pragma once
// A tiny stand-in for a carrier's REST API on a thread of its own: answers what it is told, in order, and remembers
// what it was asked.
#include <mutex>
#include <string>
#include <thread>
#include <vector>

typedef struct _SoupServer SoupServer;
typedef struct _GMainLoop GMainLoop;

namespace trunkline::test {

class FakeApi {
  public:
    struct Asked {
        std::string method, path, body, authorization;
    };
    struct Answer {
        unsigned status;
        std::string body;
    };
    explicit FakeApi(std::vector<Answer> answers);
    ~FakeApi();
    std::string url() const;  ///< "http://127.0.0.1:<port>"
    std::vector<Asked> asked() const;

  private:
    mutable std::mutex mutex_;
    std::vector<Answer> answers_;  // the last one is repeated
    std::vector<Asked> asked_;
    SoupServer* server_ = nullptr;
    GMainLoop* loop_ = nullptr;
    unsigned port_ = 0;
    std::thread thread_;
};

}  // namespace trunkline::test
