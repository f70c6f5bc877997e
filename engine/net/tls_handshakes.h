#pragma once
// TLS handshakes on the way in. GIO runs each on a thread of its small pool, which DNS and our own dials need too: some
// ten peers that stop in the middle would hold every other one up. So few run at once; while others wait, one that
// takes too long is dropped, and of those that wait the newest comes next: an honest peer is done within a round trip.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>

#include "engine/loop/shard.h"

typedef struct _GIOStream GIOStream;
typedef struct _GSocketAddress GSocketAddress;

namespace trunkline {

/// Shard thread only; held by a shared pointer, because GIO answers also when nobody waits any more.
class TlsHandshakes : public std::enable_shared_from_this<TlsHandshakes> {
  public:
    using Done = std::function<void(GIOStream* tls, GSocketAddress* local, GSocketAddress* remote)>;
    TlsHandshakes(Shard* shard, size_t at_once, Done done);
    ~TlsHandshakes();
    TlsHandshakes(const TlsHandshakes&) = delete;
    TlsHandshakes& operator=(const TlsHandshakes&) = delete;

    /// Takes references of its own. `remote` carries the HttpConnection, by which one that takes too long is cut.
    void add(GIOStream* tls, GSocketAddress* local, GSocketAddress* remote);
    /// Nothing is begun or reported any more.
    void stop();

  private:
    struct Handshake;
    void begin_next();
    void begin(std::unique_ptr<Handshake> handshake);
    void over(Handshake* handshake, bool good);
    void arm();

    Shard* const shard_;
    const size_t at_once_;
    Done done_;
    std::list<std::unique_ptr<Handshake>> waiting_;  // the oldest first
    std::list<Handshake*> running_;                  // likewise; each owned by GIO's callback
    TimerId timer_ = 0;
};

}  // namespace trunkline
