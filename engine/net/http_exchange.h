#pragma once
// One request and its answer on libsoup's side. Lives as long as somebody may still answer; the client may be gone long
// before, then the answer falls to the floor.
//
//   got body ─▶ handler ─┬ answered at once ─▶ libsoup writes it
//                        └ not yet: paused ───▶ answer() ─▶ unpaused
#include <functional>
#include <memory>

#include "engine/net/http_server.h"

typedef struct _SoupServerMessage SoupServerMessage;

namespace trunkline {

class HttpExchange {
  public:
    /// `on_answered` runs when a late answer starts to be written.
    HttpExchange(SoupServerMessage* message, std::function<void()> on_answered);
    /// A handler that dropped every copy of its reply without answering has a defect: the client gets 500.
    ~HttpExchange();
    HttpExchange(const HttpExchange&) = delete;
    HttpExchange& operator=(const HttpExchange&) = delete;

    /// The first answer counts.
    void answer(const HttpResponse& response);
    /// The handler has returned: hold the request until the answer comes. True when it has not come yet.
    bool pause_unless_answered();

  private:
    static void on_gone(SoupServerMessage* message, void* self);
    SoupServerMessage* const message_;
    std::function<void()> on_answered_;
    bool answered_ = false;
    bool paused_ = false;
    bool gone_ = false;
};

/// The request as handlers see it, without captures.
HttpRequest read_request(SoupServerMessage* message);
/// Every connection ends with its answer: libsoup 3.2 never lets go of one that the client closes while it is idle.
void close_afterwards(SoupServerMessage* message);
/// Puts `response` into `message`. Header values with control characters are dropped.
void write_response(SoupServerMessage* message, const HttpResponse& response);

}  // namespace trunkline
