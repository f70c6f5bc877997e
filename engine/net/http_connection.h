#pragma once
// One accepted connection while libsoup serves it: its deadline, and what is needed to cut it off. libsoup itself would
// let a client hold a connection for ever with half a request.
#include <cstdint>
#include <memory>

#include "engine/loop/shard.h"

typedef struct _GSocketAddress GSocketAddress;
typedef struct _GSocket GSocket;

namespace trunkline {

class HttpConnection {
  public:
    HttpConnection(Shard* shard, GSocket* socket, int timeout_ms);
    ~HttpConnection();
    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;

    /// The peer has the time limit from now to make the next step (a whole request, taking the answer).
    void arm();
    /// It is our turn: no limit for the handler.
    void disarm();

    /// Ties the connection to its remote address object: the one thing of ours that libsoup keeps for exactly as long
    /// as the connection, and hands back with every message.
    static void attach(GSocketAddress* remote, std::unique_ptr<HttpConnection> connection);
    /// Null when nothing is attached.
    static HttpConnection* of(GSocketAddress* remote);

  private:
    void cut();
    Shard* const shard_;
    GSocket* const socket_;
    const int timeout_ms_;
    TimerId timer_ = 0;
};

}  // namespace trunkline
