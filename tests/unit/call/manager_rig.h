#pragma once
// A CallManager on one shard of its own, graphs from a temporary folder, an outbox that remembers, and the carrier's
// end of media sockets.
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/call/call_manager.h"
#include "engine/graph/graph_store.h"
#include "tests/support/recording_outbox.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/net/support.h"

namespace trunkline::test {

inline const std::string kSid = "CA0123456789abcdef0123456789abcdef";
using Params = std::vector<std::pair<std::string, std::string>>;

IncomingCall incoming(const std::string& sid = kSid, const std::string& graph = "");

/// The carrier's end of a media socket: it writes what it is told and remembers what came.
class Peer {
  public:
    explicit Peer(std::unique_ptr<Pair> pair) : pair_(std::move(pair)) {}
    void start(const std::string& sid = kSid, const std::string& params = "{}") const;
    void media() const;
    void send(std::string_view text) const { pair_->write(frame(kText, text)); }
    void answer_close() const { pair_->write(frame(kClose, close_payload(1000))); }
    /// The code of the close frame that came, 0 when none came within ten seconds.
    int wait_close_code();

  private:
    std::unique_ptr<Pair> pair_;
};

class ManagerRig {
  public:
    /// `graph`: a graph file, "" = one that echoes.
    explicit ManagerRig(CallManagerOptions options = {}, const std::string& graph = "");
    ~ManagerRig();
    ManagerRig(const ManagerRig&) = delete;
    ManagerRig& operator=(const ManagerRig&) = delete;

    void on_shard(const std::function<void()>& work);
    Result<CallManager::Admission> admit(const IncomingCall& call = incoming(), const Params& params = {});
    void status(const std::string& status, int64_t sequence = -1);
    Peer socket(const std::string& ticket, std::string_view carrier = "twilio");
    CallCounts counts() const { return calls->counts(); }
    /// The last value the `calls` rows gave a column, "" if none did.
    std::string row(std::string CallRow::*column) const;
    /// Waits until the manager counts no call any more.
    bool wait_empty() const;

    RecordingOutbox outbox;
    std::unique_ptr<ShardPool> shards;
    std::unique_ptr<graph::GraphStore> graphs;
    std::unique_ptr<CallManager> calls;

  private:
    TempFolder folder_;
};

}  // namespace trunkline::test
