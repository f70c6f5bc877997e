#pragma once
// The server under every simulated voice agent: one thread, one main context, one SoupServer, any number of sessions.
#include <functional>
#include <memory>
#include <string>

#include "engine/core/result.h"
#include "lab/agent/door.h"
#include "lab/agent/journal.h"

namespace trunkline::lab::agent {

class Server {
  public:
    /// Starts the thread, which serves until destruction. Codes: cannot-listen (names the address).
    static Result<std::unique_ptr<Server>> start(const std::string& host, int port, std::shared_ptr<Door> door,
                                                 World world, std::function<void(const LabEvent&)> events);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    int port() const;
    std::string url() const;
    const Ledger& ledger() const;
    size_t refused() const;
    /// Runs `action` on the server's thread with session `number`; nothing when that is over.
    void with_session(int number, std::function<void(ServedSession&)> action);

  private:
    struct Impl;
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace trunkline::lab::agent
