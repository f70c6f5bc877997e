#pragma once
// The engine as a running service: shards, storage, egress, calls and routes, wired together and taken apart in order.
//
//   start: TLS trust → storage → egress → shards → graphs → calls → HTTP      stop: the same, backwards
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "engine/config/config.h"
#include "engine/core/result.h"
#include "engine/events/outbox.h"
#include "engine/graph/graph_store.h"
#include "engine/gst/media_session.h"
#include "engine/net/http_server.h"

namespace trunkline {

struct ServerOptions {
    Config config;
    HttpServerOptions http;                               ///< its limits; the server sets address, TLS and watermarks
    graph::LoadOptions load;                              ///< environment and secrets of the graphs
    std::map<std::string, MediaSessionFactory> carriers;  ///< by carrier; main.cc knows the elements
    std::function<void(const Fact&)> follow;  ///< gets every stored fact, on a thread of its own; may be empty
};

/// Main thread only.
class Server {
  public:
    /// Errors come from the part that failed; a graph that does not compile is a warning unless no graph is left.
    static Result<std::unique_ptr<Server>> start(ServerOptions options);
    ~Server();

    uint16_t port() const;
    /// Compiles the graph files again; bad ones leave the old plan running.
    graph::GraphStore::Report reload();
    /// Reads the TLS certificate and its key again, for connections that come from now on. Error: the old one stays.
    Status reload_certificate();
    /// No new calls; the live ones may finish by themselves until `drained_enough()` or drain_ms, then they are ended.
    void stop(const std::function<bool()>& drained_enough);

  private:
    Server();
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace trunkline
