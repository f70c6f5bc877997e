#pragma once
// One connection while libsoup serves it: its deadline, and what is needed to cut it off. libsoup itself would let a
// client hold a connection for ever with half a body, or with an answer that it does not take.
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>

#include "engine/loop/shard.h"
#include "engine/net/http_counters.h"

typedef struct _GSocketAddress GSocketAddress;
typedef struct _GSocket GSocket;

namespace trunkline {

class HttpConnection;

/// The connections of one listener whose peer has to make the next step. There are `places` of them; one more, and the
/// one that has taken longest is cut: an ordinary client needs its place for milliseconds.
class HttpCrowd {
  public:
    HttpCrowd(size_t places, std::shared_ptr<HttpCounters> counters)
        : places_(places), counters_(std::move(counters)) {}
    HttpCounters& counters() { return *counters_; }

  private:
    friend class HttpConnection;
    std::list<HttpConnection*>::iterator enter(HttpConnection* connection);
    const size_t places_;
    const std::shared_ptr<HttpCounters> counters_;
    std::list<HttpConnection*> waiting_;  // the longest first
};

class HttpConnection {
  public:
    /// What the peer has to do.
    enum class Step { kRequest, kAnswer };

    HttpConnection(Shard* shard, GSocket* socket, int timeout_ms, bool tls, std::shared_ptr<HttpCrowd> crowd);
    ~HttpConnection();
    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;

    /// The peer has the time limit from now to make the next step: send the whole request, take the answer.
    void arm(Step step);
    /// It is our turn: no limit for the handler.
    void disarm();
    /// Somebody else needs its place.
    void drop();
    /// Bytes of the body that came; false when they are more than `most` and the connection was cut with 413.
    bool note_body(size_t bytes, size_t most);
    void count_oversized() { crowd_->counters().oversized.fetch_add(1, std::memory_order_relaxed); }

    /// Ties the connection to its remote address object: the one thing of ours that libsoup keeps for exactly as long
    /// as the connection, and hands back with every message.
    static void attach(GSocketAddress* remote, std::unique_ptr<HttpConnection> connection);
    /// Null when nothing is attached.
    static HttpConnection* of(GSocketAddress* remote);

  private:
    friend class HttpCrowd;
    void cut(int status);
    Shard* const shard_;
    GSocket* const socket_;
    const int timeout_ms_;
    const bool tls_;
    const std::shared_ptr<HttpCrowd> crowd_;
    std::list<HttpConnection*>::iterator place_;
    TimerId timer_ = 0;  // 0: not in the crowd
    Step step_ = Step::kRequest;
    size_t body_ = 0;
};

}  // namespace trunkline
