// See the header. One transaction per call: a second crash in the middle loses nothing.
#include "engine/storage/recovery.h"

#include <memory>
#include <vector>

#include "engine/core/clock.h"
#include "engine/core/json.h"
#include "engine/core/log.h"
#include "engine/storage/row_writer.h"
#include "engine/storage/soci_session.h"
#include "engine/storage/statement.h"

namespace trunkline {
namespace {

constexpr const char* kReason = "engine-restart";

struct OpenCall {
    std::string id, graph_hash;
    int64_t last_seq = 0, last_t_ms = 0, duration_ms = 0;
    std::string fields;  // of call.ended
    std::string ended;   // body of its call.ended, when only the row was not written any more
    std::vector<std::string> webhooks;
};

std::vector<OpenCall> open_calls(soci::session& session) {
    Statement calls(session,
                    "SELECT id, graph_hash, carrier, carrier_call_id, direction, from_number, to_number,"
                    " (SELECT MAX(seq) FROM call_events e WHERE e.call_id = calls.id),"
                    " (SELECT MAX(t_ms) FROM call_events e WHERE e.call_id = calls.id),"
                    " (SELECT MIN(t_ms) FROM call_events e WHERE e.call_id = calls.id AND e.type = 'call.answered')"
                    " FROM calls WHERE ended_at IS NULL",
                    "", "sssssssiii");
    std::vector<OpenCall> open;
    calls.each({}, [&] {
        OpenCall call;
        call.id = calls.text(0);
        call.graph_hash = calls.text(1);
        call.last_seq = calls.integer(7);
        call.last_t_ms = calls.integer(8);
        if (!calls.is_null(9)) call.duration_ms = call.last_t_ms - calls.integer(9);  // up to its last sign of life
        JsonWriter w;
        w.begin_object().field("carrier", calls.text(2)).field("carrier_call_id", calls.text(3));
        w.field("direction", calls.text(4)).field("from", calls.text(5)).field("to", calls.text(6));
        w.field("status", "failed").field("reason", kReason).field("duration_ms", call.duration_ms);
        w.field("who", "error").end();
        call.fields = w.text().substr(1, w.text().size() - 2);
        open.push_back(std::move(call));
    });
    // Those who want it; of calls of a version that did not write that down, those who were sent anything.
    Statement webhooks(session,
                       "SELECT webhook_id FROM webhook_ends WHERE call_id = :a AND wanted <> 0"
                       " UNION SELECT webhook_id FROM webhook_deliveries WHERE call_id = :b"
                       " AND webhook_id NOT IN (SELECT webhook_id FROM webhook_ends WHERE call_id = :c)",
                       "sss", "s");
    for (OpenCall& call : open) {
        webhooks.each({call.id, call.id, call.id}, [&] { call.webhooks.push_back(webhooks.text(0)); });
    }
    Statement ended(session, "SELECT body FROM call_events WHERE call_id = :c AND type = 'call.ended'", "s", "s");
    for (OpenCall& call : open) ended.each({call.id}, [&] { call.ended = ended.text(0); });
    return open;
}

FactPtr ended_fact(const OpenCall& call) {
    auto fact = std::make_shared<Fact>();
    fact->call_id = call.id;
    fact->seq = static_cast<uint64_t>(call.last_seq) + 1;
    fact->type = "call.ended";
    fact->t_ms = call.last_t_ms;
    fact->unix_ms = unix_ms();
    write_fact_body(*fact, "engine", 0, call.graph_hash, call.fields);
    return fact;
}

// The call had ended, and the fact says how.
void finish_row(RowWriter& rows, const OpenCall& call, RowWriter::Effects& effects) {
    const auto fact = Json::parse(call.ended);
    CallRow row;
    row.id = call.id;
    row.status = fact ? (*fact)["status"].text_or("failed") : "failed";
    row.end_reason = fact ? (*fact)["reason"].text_or(kReason) : kReason;
    row.duration_ms = fact ? (*fact)["duration_ms"].int_or(call.duration_ms) : call.duration_ms;
    row.ended_unix_ms = unix_ms();
    rows.write(row, effects);
}

void close_call(SessionPtr session, RowWriter& rows, const OpenCall& call) {
    soci::transaction transaction(*session);
    RowWriter::Effects effects;
    if (!call.ended.empty()) {
        finish_row(rows, call, effects);
        return transaction.commit();
    }
    CallRow row;
    row.id = call.id;
    row.status = "failed";
    row.end_reason = kReason;
    row.error = "the engine was stopped without warning while this call was open";
    row.ended_unix_ms = unix_ms();
    row.duration_ms = call.duration_ms;
    rows.write(row, effects);
    const FactPtr fact = ended_fact(call);
    rows.write(FactRecord{fact, true, ""}, effects);
    for (const std::string& webhook : call.webhooks) rows.write(FactRecord{fact, true, webhook}, effects);
    Statement sessions(*session,
                       "UPDATE sessions SET stopped_at = :t, close_reason = :r WHERE call_id = :c AND stopped_at IS"
                       " NULL",
                       "sss");
    sessions.run({rfc3339(row.ended_unix_ms), kReason, call.id});
    transaction.commit();
}

}  // namespace

Result<int> close_abandoned_calls(SessionPtr session) {
    try {
        const auto open = open_calls(*session);
        RowWriter rows(session);
        for (const OpenCall& call : open) close_call(session, rows, call);
        // What waits is looked for by its queue: one that is missing is made again.
        execute(*session,
                "INSERT INTO webhook_queues (webhook_id, call_id, next_ms) SELECT webhook_id, call_id, 0 FROM"
                " webhook_deliveries WHERE state = 'pending' GROUP BY webhook_id, call_id"
                " ON CONFLICT (webhook_id, call_id) DO NOTHING");
        if (!open.empty()) {
            log_warn("storage", "calls that the last process left open are closed as failed",
                     {{"calls", open.size()}, {"end_reason", kReason}});
        }
        return static_cast<int>(open.size());
    } catch (...) {
        return fail("database-recovery",
                    "calls left open by the last process could not be closed: " + current_db_error().message);
    }
}

}  // namespace trunkline
