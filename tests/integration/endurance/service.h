#pragma once
// The engine (Server) with the graphs that the ways to end need, its database, and callers and agents on the test's own
// driven shard.
#include <sqlite3.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/server.h"
#include "tests/integration/endurance/agent.h"
#include "tests/integration/endurance/caller.h"

namespace trunkline::test {

struct Patience {
    int start_timeout_ms = 60'000, media_timeout_ms = 60'000;
    int64_t media_wait_ms = 60'000;
};

/// Name and text of the graphs: one for the usual call, the others for what can go wrong in one.
std::vector<std::pair<std::string, std::string>> ending_graphs();

class Service {
  public:
    explicit Service(const Patience& patience);
    ~Service();
    uint16_t port() const { return server_->port(); }
    void stop() { server_.reset(); }
    const std::string& folder() const { return folder_; }

    /// All columns of all rows, joined by '|'.
    std::vector<std::string> sql(const std::string& query);
    int64_t number(const std::string& query);

  private:
    std::string folder_;
    std::unique_ptr<Server> server_;
    sqlite3* database_ = nullptr;
};

}  // namespace trunkline::test
