#pragma once
// The read side: what the REST API answers, as JSON text. Lives on the reader thread (StorageReader).
#include <cstdint>
#include <string>

#include "engine/core/result.h"
#include "engine/storage/database.h"

namespace trunkline {

class JsonWriter;
class Statement;

/// Empty members do not filter. Times are RFC 3339 in UTC with milliseconds, as rfc3339() writes them.
struct CallFilter {
    std::string carrier, status, graph, batch_id;
    std::string created_from;    ///< at or after
    std::string created_before;  ///< before
};

/// `limit` is brought into 1 … 1000. A call is named by our id or the carrier's (SID, UUID). Errors: "not-found";
/// "bad-cursor"; "database" when the database could not be read.
class Queries {
  public:
    explicit Queries(SessionPtr session) : session_(std::move(session)) {}

    /// Newest first: {"calls":[{call}, …],"next_cursor":text or null}. `cursor` empty = from the newest.
    Result<std::string> list_calls(const CallFilter& filter, const std::string& cursor, int limit);
    /// One call:
    /// {"id","carrier","carrier_call_id","direction","from","to","status","end_reason","assistant_id","graph",
    /// "graph_hash","params","backend","backend_config_id","backend_session_id","batch_id","created_at","started_at",
    /// "ended_at","duration_ms","error"}; unknown values are null.
    Result<std::string> find_call(const std::string& call);
    /// {"call_id","log":[{"seq","turn","role","message","emotion_scores","sentiment","confidence","metadata","t_ms",
    /// "created_at"}],"next_after":seq or null}
    Result<std::string> conversation_log(const std::string& call, uint64_t after_seq, int limit);
    /// {"call_id","events":[fact, …],"next_after":seq or null}
    Result<std::string> call_events(const std::string& call, uint64_t after_seq, int limit);
    /// {"call_id","turns":[{"turn", the stages, "interrupted","heard_text","created_at"}],"next_after":turn or null}
    Result<std::string> turns(const std::string& call, uint64_t after_turn, int limit);
    /// Where deliveries wait: [{"webhook_id","url" (without what may be secret),"waiting"}]
    Result<std::string> waiting_webhooks();

  private:
    Result<std::string> resolve(const std::string& call);
    SessionPtr session_;
};

}  // namespace trunkline
