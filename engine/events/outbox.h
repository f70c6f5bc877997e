#pragma once
// The way of a fact out of the process: shards put records into a bounded ring, the storage thread writes them to the
// local database in batches, and what must go further (webhooks) is delivered from there, at least once, in order per
// call. A shard never waits; when the ring is full the record is refused and counted.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/events/fact.h"

namespace trunkline {

/// Row of `calls`, written whole at creation and by later updates; empty strings and 0 leave a column as it is.
struct CallRow {
    std::string id, carrier, carrier_call_id, direction, from_number, to_number;
    std::string status;  ///< initiated, ringing, in_progress, completed, busy, failed, no_answer, canceled
    std::string end_reason, graph, graph_hash, params_json, backend, backend_config_id, backend_session_id, error;
    int64_t created_unix_ms = 0, started_unix_ms = 0, ended_unix_ms = 0, duration_ms = 0;
};

/// Row of `sessions`: one per media socket; written at its start and again at its end.
struct SessionRow {
    std::string call_id, stream_id, encoding, close_reason;
    int rate = 0;
    int64_t started_unix_ms = 0, stopped_unix_ms = 0;
    uint64_t frames_in = 0, frames_out = 0, bytes_in = 0, bytes_out = 0;
};

/// Where a webhook's facts go; registered once, then named by its id in FactRecord.
struct WebhookEndpoint {
    std::string id;  ///< stable: derived from url and secret, so that a restart finds its deliveries again
    std::string url;
    std::string secret;  ///< never logged, never stored in clear
};

/// The id of an endpoint: the same for the same url and secret, telling neither.
std::string webhook_endpoint_id(std::string_view url, std::string_view secret);

/// The address without what may be secret in it: user, password, query, fragment.
std::string public_url(const std::string& url);

struct FactRecord {
    FactPtr fact;
    bool to_database = true;  ///< derived tables too (conversation_log, turns); call_events is always written
    std::string webhook_id;   ///< empty = none
    std::vector<std::string> more_webhooks = {};  ///< further ones, in the same transaction
};

/// A webhook of a call, put once when the call goes live: whether its filter lets `call.ended` through, for a start
/// after a crash, which ends the call in its place.
struct WebhookEnd {
    std::string call_id, webhook_id;
    bool wanted = false;
};

/// Which facts go first when there is no room for all.
enum class FactWeight {
    kInterim,    ///< a later fact says it again: an interim transcript
    kOrdinary,   ///< everything between
    kEssential,  ///< what was said and done for good: final transcripts, tools, the life of the call
};
/// `fields` as in write_fact_body().
FactWeight fact_weight(std::string_view type, std::string_view fields);

class RecordingStore;

using Record = std::variant<CallRow, SessionRow, FactRecord, WebhookEnd>;

/// What shards see. Implemented by storage (real) and by tests (recording).
class Outbox {
  public:
    virtual ~Outbox() = default;
    /// Any thread, never blocks. False: the ring is full, the record was not taken (and was counted).
    virtual bool put(Record record) = 0;
    /// Any thread. Ask before a fact gets its number. False: too many records wait for a fact of this weight to be kept
    /// as well (it is counted as left out). Left out before it is numbered, it leaves no gap.
    virtual bool has_room(FactWeight) { return true; }
    /// Any thread. Makes an endpoint known before facts name it; known ones are ignored.
    virtual void add_endpoint(const WebhookEndpoint& endpoint) = 0;
    /// False when the ring is so full that no new call should be taken; `why` says it for a person.
    virtual bool accepts_new_calls(std::string* why) const = 0;
    /// Where recorded audio goes; nullptr = nowhere.
    virtual RecordingStore* recordings() { return nullptr; }
};

}  // namespace trunkline
