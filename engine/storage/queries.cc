// See the header. One row more than the limit is read: it says whether there is a next page.
#include "engine/storage/queries.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "engine/core/base64.h"
#include "engine/core/json.h"
#include "engine/storage/statement.h"

namespace trunkline {
namespace {

constexpr int kMostRows = 1'000;

// Column by column, in the order of kCallKeys.
constexpr const char* kCallColumns =
    "id, carrier, carrier_call_id, direction, from_number, to_number, status, end_reason, assistant_id, graph, "
    "graph_hash,"
    " params, backend, backend_config_id, backend_session_id, batch_id, created_at, started_at, ended_at, error,"
    " duration_ms";
constexpr const char* kCallTypes = "ssssssssssssssssssssi";
constexpr const char* kCallKeys[] = {
    "id",         "carrier",    "carrier_call_id", "direction",         "from",
    "to",         "status",     "end_reason",      "assistant_id",      "graph",
    "graph_hash", "params",     "backend",         "backend_config_id", "backend_session_id",
    "batch_id",   "created_at", "started_at",      "ended_at",          "error",
    "duration_ms"};
constexpr size_t kParams = 11, kCreated = 16, kDuration = 20;

Result<std::string> guarded(const std::function<Result<std::string>()>& read) {
    try {
        return read();
    } catch (...) {
        return fail("database", "the database could not be read: " + current_db_error().message);
    }
}

void text_or_null(JsonWriter& w, const char* key, const Statement& row, size_t column) {
    w.key(key);
    if (row.is_null(column)) {
        w.null();
    } else {
        w.value(row.text(column));
    }
}

void json_or_null(JsonWriter& w, const char* key, const Statement& row, size_t column) {
    const auto value = row.is_null(column) ? Result<Json>(Json()) : Json::parse(row.text(column));
    w.raw_field(key, value && value->exists() ? row.text(column) : "null");
}

void integer_or_null(JsonWriter& w, const char* key, const Statement& row, size_t column) {
    w.key(key);
    if (row.is_null(column)) {
        w.null();
    } else {
        w.value(row.integer(column));
    }
}

void real_or_null(JsonWriter& w, const char* key, const Statement& row, size_t column) {
    w.key(key);
    if (row.is_null(column)) {
        w.null();
    } else {
        w.value(row.real(column));
    }
}

void write_call(JsonWriter& w, const Statement& row) {
    w.begin_object();
    for (size_t i = 0; i < kDuration; ++i) {
        if (i == kParams) {
            json_or_null(w, kCallKeys[i], row, i);
        } else {
            text_or_null(w, kCallKeys[i], row, i);
        }
    }
    integer_or_null(w, kCallKeys[kDuration], row, kDuration);
    w.end();
}

std::string make_cursor(const std::string& created_at, const std::string& id) {
    const std::string text = created_at + "|" + id;
    return base64url_encode({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

Result<std::pair<std::string, std::string>> read_cursor(const std::string& cursor) {
    if (cursor.empty()) return std::pair<std::string, std::string>();
    const auto bytes = base64url_decode(cursor);
    const std::string text = bytes ? std::string(bytes->begin(), bytes->end()) : std::string();
    const size_t bar = text.find('|');
    if (bar == std::string::npos || bar == 0) {
        return fail("bad-cursor", "the cursor was not made by this API; leave it out to start with the newest call");
    }
    return std::pair(text.substr(0, bar), text.substr(bar + 1));
}

// Rows of one call by a growing number: {"call_id":…,"<list>":[…],"next_after":…}.
std::string page(Statement& rows, const std::string& id, uint64_t after, int limit, const char* list,
                 const std::function<void(JsonWriter&)>& write_row) {
    JsonWriter w;
    w.begin_object().field("call_id", id).key(list).begin_array();
    int count = 0;
    int64_t last = 0;
    bool more = false;
    rows.each({id, after, limit + 1}, [&] {
        more = count == limit;
        if (more) return;
        ++count;
        last = rows.integer(0);
        write_row(w);
    });
    w.end().key("next_after");
    if (more) {
        w.value(last);
    } else {
        w.null();
    }
    return w.end().take();
}

}  // namespace

Result<std::string> Queries::resolve(const std::string& call) {
    Statement find(
        *session_,
        "SELECT id FROM calls WHERE id = :a UNION ALL SELECT id FROM calls WHERE carrier_call_id = :b LIMIT 1", "ss",
        "s");
    std::string id;
    find.each({call, call}, [&] { id = find.text(0); });
    if (id.empty()) return fail("not-found", "there is no call with this id, SID or UUID");
    return id;
}

Result<std::string> Queries::list_calls(const CallFilter& filter, const std::string& cursor, int limit) {
    const auto after = read_cursor(cursor);
    if (!after) return tl::unexpected(after.error());
    const std::string &time = after->first, &id = after->second;
    limit = std::clamp(limit, 1, kMostRows);
    return guarded([&]() -> Result<std::string> {
        Statement rows(*session_,
                       std::string("SELECT ") + kCallColumns +
                           " FROM calls WHERE (:c1 = '' OR carrier = :c2) AND (:s1 = '' OR status = :s2)"
                           " AND (:g1 = '' OR graph = :g2) AND (:b1 = '' OR batch_id = :b2)"
                           " AND (:f1 = '' OR created_at >= :f2) AND (:u1 = '' OR created_at < :u2)"
                           " AND (:t1 = '' OR created_at < :t2 OR (created_at = :t3 AND id < :i1))"
                           " ORDER BY created_at DESC, id DESC LIMIT :n",
                       "ssssssssssssssss"
                       "i",
                       kCallTypes);
        JsonWriter w;
        w.begin_object().key("calls").begin_array();
        int count = 0;
        bool more = false;
        std::string next;
        rows.each({filter.carrier, filter.carrier, filter.status, filter.status, filter.graph, filter.graph,
                   filter.batch_id, filter.batch_id, filter.created_from, filter.created_from, filter.created_before,
                   filter.created_before, time, time, time, id, limit + 1},
                  [&] {
                      more = count == limit;
                      if (more) return;
                      ++count;
                      next = make_cursor(rows.text(kCreated), rows.text(0));
                      write_call(w, rows);
                  });
        w.end().key("next_cursor");
        if (more) {
            w.value(next);
        } else {
            w.null();
        }
        return w.end().take();
    });
}

Result<std::string> Queries::find_call(const std::string& call) {
    return guarded([&]() -> Result<std::string> {
        auto id = resolve(call);
        if (!id) return id;
        Statement rows(*session_, std::string("SELECT ") + kCallColumns + " FROM calls WHERE id = :id", "s",
                       kCallTypes);
        JsonWriter w;
        rows.each({*id}, [&] { write_call(w, rows); });
        return w.take();
    });
}

Result<std::string> Queries::conversation_log(const std::string& call, uint64_t after_seq, int limit) {
    return guarded([&]() -> Result<std::string> {
        auto id = resolve(call);
        if (!id) return id;
        Statement rows(
            *session_,
            "SELECT seq, turn, role, message, emotion_scores, sentiment, confidence, metadata, t_ms, created_at"
            " FROM conversation_log WHERE call_id = :c AND seq > :a ORDER BY seq LIMIT :n",
            "sii", "iissssrsis");
        return page(rows, *id, after_seq, std::clamp(limit, 1, kMostRows), "log", [&](JsonWriter& w) {
            w.begin_object().field("seq", rows.integer(0));
            integer_or_null(w, "turn", rows, 1);
            w.field("role", rows.text(2)).field("message", rows.text(3));
            json_or_null(w, "emotion_scores", rows, 4);
            text_or_null(w, "sentiment", rows, 5);
            real_or_null(w, "confidence", rows, 6);
            json_or_null(w, "metadata", rows, 7);
            w.field("t_ms", rows.integer(8)).field("created_at", rows.text(9)).end();
        });
    });
}

Result<std::string> Queries::call_events(const std::string& call, uint64_t after_seq, int limit) {
    return guarded([&]() -> Result<std::string> {
        auto id = resolve(call);
        if (!id) return id;
        Statement rows(*session_,
                       "SELECT seq, body FROM call_events WHERE call_id = :c AND seq > :a ORDER BY seq LIMIT :n", "sii",
                       "is");
        return page(rows, *id, after_seq, std::clamp(limit, 1, kMostRows), "events",
                    [&](JsonWriter& w) { w.raw(rows.text(1)); });
    });
}

Result<std::string> Queries::turns(const std::string& call, uint64_t after_turn, int limit) {
    static constexpr const char* kStages[] = {"engine_in_ms",      "endpointing_ms", "thinking_ms", "engine_graph_ms",
                                              "engine_out_ms",     "carrier_ms",     "engine_ms",   "backend_ms",
                                              "voice_to_voice_ms", "unexplained_ms"};
    return guarded([&]() -> Result<std::string> {
        auto id = resolve(call);
        if (!id) return id;
        std::string stages;
        for (const char* stage : kStages) stages.append(", ").append(stage);
        Statement rows(*session_,
                       "SELECT turn, seq, interrupted, heard_text, created_at" + stages +
                           " FROM turns WHERE call_id = :c AND turn > :a ORDER BY turn LIMIT :n",
                       "sii", "iiissrrrrrrrrrr");
        return page(rows, *id, after_turn, std::clamp(limit, 1, kMostRows), "turns", [&](JsonWriter& w) {
            w.begin_object().field("turn", rows.integer(0));
            integer_or_null(w, "seq", rows, 1);
            for (size_t i = 0; i < std::size(kStages); ++i) real_or_null(w, kStages[i], rows, 5 + i);
            w.field("interrupted", rows.integer(2) != 0);
            text_or_null(w, "heard_text", rows, 3);
            w.field("created_at", rows.text(4)).end();
        });
    });
}

Result<std::string> Queries::waiting_webhooks() {
    return guarded([&]() -> Result<std::string> {
        Statement rows(
            *session_,
            "SELECT d.webhook_id, COALESCE(w.url, ''), COUNT(*) FROM webhook_deliveries d LEFT JOIN webhooks w"
            " ON w.id = d.webhook_id WHERE d.state = 'pending' GROUP BY d.webhook_id, w.url",
            "", "ssi");
        JsonWriter w;
        w.begin_array();
        rows.each({}, [&] {
            w.begin_object().field("webhook_id", rows.text(0)).field("url", rows.text(1));
            w.field("waiting", rows.integer(2)).end();
        });
        return w.end().take();
    });
}

}  // namespace trunkline
