#pragma once
// The least that does the job: a carrier socket joined to an agent socket on one epoll loop. No graph, no facts, no
// database, no checks of what an engine must check. What an engine costs is stated as a multiple of this.
//
//   caller's media message ─▶ base64 decoded ─▶ binary message to the agent (what comes before it is up, all at once)
//   agent's binary message ─▶ base64 encoded ─▶ media message to the caller
#include <memory>
#include <string>

#include "benchmarks/load/http_text.h"
#include "benchmarks/load/reactor.h"
#include "benchmarks/load/ws_channel.h"

namespace trunkline::load {

/// Where the agent is.
struct BackendPlace {
    Url url;
    sockaddr_in address{};
    const TlsContext* tls = nullptr;  ///< checks its certificate; null: plain ws
};

class BareBridge final : public SocketSink {
  public:
    /// `tls` is the bridge's own certificate towards its callers; null: plain http and ws.
    BareBridge(Reactor& reactor, TcpSocket listener, const TlsContext* tls, BackendPlace backend);
    void on_ready(bool readable, bool writable) override;

  private:
    Reactor& reactor_;
    TcpSocket listener_;
    const TlsContext* tls_;
    BackendPlace backend_;
};

}  // namespace trunkline::load
