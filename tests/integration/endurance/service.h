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
#include "tests/support/temp_folder.h"

namespace trunkline::test {

struct Patience {
    int start_timeout_ms = 60'000, media_timeout_ms = 60'000;
    int64_t media_wait_ms = 60'000;
    bool operator==(const Patience&) const = default;
};

/// Name and text of the graphs: one for the usual call, the others for what can go wrong in one.
std::vector<std::pair<std::string, std::string>> ending_graphs();

/// The database of an engine, read beside it.
class Rows {
  public:
    explicit Rows(const std::string& file);
    ~Rows();
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;
    /// All columns of all rows, joined by '|'.
    std::vector<std::string> sql(const std::string& query) const;
    int64_t number(const std::string& query) const;

  private:
    sqlite3* database_ = nullptr;
};

class Service {
  public:
    explicit Service(const Patience& patience);
    uint16_t port() const { return server_->port(); }
    void stop() { server_.reset(); }
    const Rows& rows() const { return *rows_; }

  private:
    const TempFolder made_;
    const std::string& folder_ = made_.path();
    std::unique_ptr<Server> server_;
    std::unique_ptr<Rows> rows_;
};

}  // namespace trunkline::test
