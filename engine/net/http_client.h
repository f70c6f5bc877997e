#pragma once
// Asynchronous HTTP client on a thread with a GMainContext (the egress thread, or a shard): one SoupSession per client.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/result.h"

namespace trunkline {

struct HttpCall {
    std::string method = "POST";
    std::string url = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string content_type = "application/json";
    std::string body = {};
    int timeout_ms = 10'000;
    size_t max_response = 1U << 20;  ///< longer answers are an error "response-too-large"
};

struct HttpAnswer {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};

/// Errors: "bad-url", "connect", "tls", "timeout", "response-too-large", "http" (anything else of the transport).
/// Any HTTP status is an answer, not an error. No redirects are followed. Made, used and destroyed on one thread, whose
/// thread-default main context carries it. Destroying it cancels what is under way; those callbacks never run.
class HttpClient {
  public:
    HttpClient();
    ~HttpClient();
    void call(HttpCall call, std::function<void(Result<HttpAnswer>)> done);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace trunkline
