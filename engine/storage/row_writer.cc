// See the header. Empty text and 0 leave a column as it is: NULLIF makes them NULL, COALESCE keeps what was there.
#include "engine/storage/row_writer.h"

#include "engine/core/clock.h"
#include "engine/core/log.h"
#include "engine/storage/conversation.h"
#include "engine/storage/statement.h"

namespace trunkline {
namespace {

// A status report that arrives late must not open a call again.
constexpr const char* kUpsertCall =
    "INSERT INTO calls (id, carrier, carrier_call_id, direction, from_number, to_number, status, end_reason, graph,"
    " graph_hash, params, backend, backend_config_id, backend_session_id, error, created_at, started_at, ended_at,"
    " duration_ms) VALUES (:id, :carrier, NULLIF(:sid, ''), NULLIF(:direction, ''), NULLIF(:from, ''), NULLIF(:to, ''),"
    " COALESCE(NULLIF(:status, ''), 'initiated'), NULLIF(:reason, ''), NULLIF(:graph, ''), NULLIF(:hash, ''),"
    " NULLIF(:params, ''), NULLIF(:backend, ''), NULLIF(:config, ''), NULLIF(:session, ''), NULLIF(:error, ''),"
    " :created, NULLIF(:started, ''), NULLIF(:ended, ''), NULLIF(:duration, 0))"
    " ON CONFLICT (id) DO UPDATE SET"
    " carrier = COALESCE(NULLIF(excluded.carrier, ''), calls.carrier),"
    " carrier_call_id = COALESCE(excluded.carrier_call_id, calls.carrier_call_id),"
    " direction = COALESCE(excluded.direction, calls.direction),"
    " from_number = COALESCE(excluded.from_number, calls.from_number),"
    " to_number = COALESCE(excluded.to_number, calls.to_number),"
    " status = CASE WHEN :given = '' THEN calls.status"
    " WHEN calls.status IN ('completed', 'busy', 'failed', 'no_answer', 'canceled')"
    " AND excluded.status IN ('initiated', 'ringing', 'in_progress') THEN calls.status ELSE excluded.status END,"
    " end_reason = COALESCE(excluded.end_reason, calls.end_reason),"
    " graph = COALESCE(excluded.graph, calls.graph), graph_hash = COALESCE(excluded.graph_hash, calls.graph_hash),"
    " params = COALESCE(excluded.params, calls.params), backend = COALESCE(excluded.backend, calls.backend),"
    " backend_config_id = COALESCE(excluded.backend_config_id, calls.backend_config_id),"
    " backend_session_id = COALESCE(excluded.backend_session_id, calls.backend_session_id),"
    " error = COALESCE(excluded.error, calls.error), started_at = COALESCE(excluded.started_at, calls.started_at),"
    " ended_at = COALESCE(excluded.ended_at, calls.ended_at),"
    " duration_ms = COALESCE(excluded.duration_ms, calls.duration_ms)";

constexpr const char* kUpsertSession =
    "INSERT INTO sessions (call_id, stream_id, encoding, rate, started_at, stopped_at, frames_in, frames_out, bytes_in,"
    " bytes_out, close_reason) VALUES (:call, :stream, NULLIF(:encoding, ''), NULLIF(:rate, 0), NULLIF(:started, ''),"
    " NULLIF(:stopped, ''), :fi, :fo, :bi, :bo, NULLIF(:reason, ''))"
    " ON CONFLICT (call_id, stream_id) DO UPDATE SET encoding = COALESCE(excluded.encoding, sessions.encoding),"
    " rate = COALESCE(excluded.rate, sessions.rate), started_at = COALESCE(excluded.started_at, sessions.started_at),"
    " stopped_at = COALESCE(excluded.stopped_at, sessions.stopped_at),"
    " frames_in = CASE WHEN excluded.frames_in > 0 THEN excluded.frames_in ELSE sessions.frames_in END,"
    " frames_out = CASE WHEN excluded.frames_out > 0 THEN excluded.frames_out ELSE sessions.frames_out END,"
    " bytes_in = CASE WHEN excluded.bytes_in > 0 THEN excluded.bytes_in ELSE sessions.bytes_in END,"
    " bytes_out = CASE WHEN excluded.bytes_out > 0 THEN excluded.bytes_out ELSE sessions.bytes_out END,"
    " close_reason = COALESCE(excluded.close_reason, sessions.close_reason)";

// The first report of a turn stands; an interruption may become known before it or after it.
constexpr const char* kUpsertTurn =
    "INSERT INTO turns (call_id, turn, seq, epoch, engine_in_ms, endpointing_ms, thinking_ms, engine_graph_ms,"
    " engine_out_ms, carrier_ms, engine_ms, backend_ms, voice_to_voice_ms, unexplained_ms, interrupted, heard_text,"
    " created_at) VALUES (:call, :turn, :seq, :epoch, :s1, :s2, :s3, :s4, :s5, :s6, :s7, :s8, :s9, :s10, :interrupted,"
    " NULLIF(:heard, ''), :created)"
    " ON CONFLICT (call_id, turn) DO UPDATE SET interrupted = CASE WHEN excluded.interrupted > turns.interrupted"
    " THEN excluded.interrupted ELSE turns.interrupted END,"
    " heard_text = COALESCE(excluded.heard_text, turns.heard_text)";
constexpr const char* kFillTurn =
    "UPDATE turns SET seq = :seq, epoch = :epoch, engine_in_ms = :s1, endpointing_ms = :s2, thinking_ms = :s3,"
    " engine_graph_ms = :s4, engine_out_ms = :s5, carrier_ms = :s6, engine_ms = :s7, backend_ms = :s8,"
    " voice_to_voice_ms = :s9, unexplained_ms = :s10 WHERE call_id = :call AND turn = :turn AND seq IS NULL";

std::string moment(int64_t unix_ms) { return unix_ms == 0 ? std::string() : rfc3339(unix_ms); }

const char* name_of(DeliveryOutcome::State state) {
    switch (state) {
        case DeliveryOutcome::State::kDelivered:
            return "delivered";
        case DeliveryOutcome::State::kParked:
            return "parked";
        case DeliveryOutcome::State::kPending:
            break;
    }
    return "pending";
}

}  // namespace

struct RowWriter::Impl {
    explicit Impl(soci::session& s)
        : call(s, kUpsertCall, "ssssssssssssssssssis"),
          session(s, kUpsertSession, "sssissiiiis"),
          event(s,
                "INSERT INTO call_events (call_id, seq, type, t_ms, time, body) VALUES (:c, :s, :y, :m, :t, :b)"
                " ON CONFLICT (call_id, seq) DO NOTHING",
                "sisiss"),
          stored_body(s, "SELECT body FROM call_events WHERE call_id = :c AND seq = :s", "si", "s"),
          conflict(s,
                   "INSERT INTO call_event_conflicts (call_id, seq, time, body) VALUES (:c, :s, :t, :b)"
                   " ON CONFLICT (call_id, seq, body) DO NOTHING",
                   "siss"),
          line(s,
               "INSERT INTO conversation_log (call_id, seq, turn, role, message, emotion_scores, sentiment, confidence,"
               " metadata, t_ms, created_at) VALUES (:c, :s, :u, :r, :m, :e, :n, :f, :d, :t, :a)"
               " ON CONFLICT (call_id, seq) DO NOTHING",
               "siissssrsis"),
          feel(s,
               "UPDATE conversation_log SET emotion_scores = :e, sentiment = NULLIF(:n, ''), confidence = :f"
               " WHERE call_id = :c AND seq = (SELECT MAX(seq) FROM conversation_log WHERE call_id = :d AND role = :r"
               " AND seq <= :s)",
               "ssrsssi"),
          turn(s, kUpsertTurn, "siiirrrrrrrrrriss"),
          fill_turn(s, kFillTurn, "iirrrrrrrrrrsi"),
          delivery(s,
                   "INSERT INTO webhook_deliveries (webhook_id, call_id, seq, created_ms, next_ms)"
                   " VALUES (:w, :c, :s, :m, :n) ON CONFLICT (webhook_id, call_id, seq) DO NOTHING",
                   "ssiii"),
          queue(s,
                "INSERT INTO webhook_queues (webhook_id, call_id, next_ms) VALUES (:w, :c, :n)"
                " ON CONFLICT (webhook_id, call_id) DO NOTHING",
                "ssi"),
          settle(s,
                 "UPDATE webhook_deliveries SET state = :t, attempts = :a, next_ms = :n, last_status = :l,"
                 " last_error = NULLIF(:e, ''), settled_at = NULLIF(:d, '')"
                 " WHERE webhook_id = :w AND call_id = :c AND seq = :s AND state = 'pending'",
                 "siiissssi"),
          requeue(s,
                  "INSERT INTO webhook_queues (webhook_id, call_id, next_ms) VALUES (:w, :c, :n)"
                  " ON CONFLICT (webhook_id, call_id) DO UPDATE SET next_ms = excluded.next_ms",
                  "ssi"),
          unqueue(s,
                  "DELETE FROM webhook_queues WHERE webhook_id = :w AND call_id = :c AND NOT EXISTS (SELECT 1 FROM"
                  " webhook_deliveries WHERE webhook_id = :v AND call_id = :d AND state = 'pending')",
                  "ssss"),
          webhook(s, "INSERT INTO webhooks (id, url, created_at) VALUES (:i, :u, :t) ON CONFLICT (id) DO NOTHING",
                  "sss"),
          end_wish(s,
                   "INSERT INTO webhook_ends (call_id, webhook_id, wanted) VALUES (:c, :w, :y)"
                   " ON CONFLICT (call_id, webhook_id) DO UPDATE SET wanted = MAX(wanted, excluded.wanted)",
                   "ssi"),
          forget_wishes(s, "DELETE FROM webhook_ends WHERE call_id = :c", "s") {}

    Statement call, session, event, stored_body, conflict, line, feel, turn, fill_turn, delivery, queue, settle,
        requeue, unqueue, webhook, end_wish, forget_wishes;

    void write_delivery(const Fact& fact, const std::string& endpoint_id, Effects& effects);
    void write_derived(const Fact& fact, Effects& effects);
    void write_turn(const Fact& fact, const TurnRow& row, Effects& effects);
    void keep_conflict(const Fact& fact, Effects& effects);
};

RowWriter::RowWriter(SessionPtr session) : impl_(std::make_unique<Impl>(*session)) {}
RowWriter::~RowWriter() = default;

void RowWriter::write(const CallRow& row, Effects& effects) {
    const std::string created = rfc3339(row.created_unix_ms == 0 ? unix_ms() : row.created_unix_ms);
    impl_->call.run({row.id,
                     row.carrier,
                     row.carrier_call_id,
                     row.direction,
                     row.from_number,
                     row.to_number,
                     row.status,
                     row.end_reason,
                     row.graph,
                     row.graph_hash,
                     row.params_json,
                     row.backend,
                     row.backend_config_id,
                     row.backend_session_id,
                     row.error,
                     created,
                     moment(row.started_unix_ms),
                     moment(row.ended_unix_ms),
                     row.duration_ms,
                     row.status});
    ++effects.rows;
}

void RowWriter::write(const SessionRow& row, Effects& effects) {
    impl_->session.run({row.call_id, row.stream_id, row.encoding, row.rate, moment(row.started_unix_ms),
                        moment(row.stopped_unix_ms), row.frames_in, row.frames_out, row.bytes_in, row.bytes_out,
                        row.close_reason});
    ++effects.rows;
}

void RowWriter::write(const FactRecord& record, Effects& effects) {
    if (!record.fact) return;
    const Fact& fact = *record.fact;
    const std::string time = rfc3339(fact.unix_ms);
    if (impl_->event.run({fact.call_id, fact.seq, fact.type, fact.t_ms, time, fact.body}) > 0) {
        ++effects.rows;
    } else {
        impl_->keep_conflict(fact, effects);
    }
    if (fact.type == "call.ended") impl_->forget_wishes.run({fact.call_id});
    if (record.to_database) impl_->write_derived(fact, effects);
    if (!record.webhook_id.empty()) impl_->write_delivery(fact, record.webhook_id, effects);
    for (const std::string& webhook : record.more_webhooks) impl_->write_delivery(fact, webhook, effects);
}

void RowWriter::Impl::write_delivery(const Fact& fact, const std::string& endpoint_id, Effects& effects) {
    if (delivery.run({endpoint_id, fact.call_id, fact.seq, unix_ms(), 0}) == 0) return;
    queue.run({endpoint_id, fact.call_id, 0});  // 0: due at once, whatever the other thread's clock says
    ++effects.rows;
    ++effects.deliveries;
}

// The same fact comes once per sink that wants it; another body under its number is a fault, and is kept.
void RowWriter::Impl::keep_conflict(const Fact& fact, Effects& effects) {
    bool same = false;
    stored_body.each({fact.call_id, fact.seq}, [&] { same = stored_body.text(0) == fact.body; });
    if (same) return;
    conflict.run({fact.call_id, fact.seq, rfc3339(fact.unix_ms), fact.body});
    ++effects.conflicts;
    log_error("storage", "two different facts have one number; the second is in call_event_conflicts",
              {{"call_id", fact.call_id}, {"seq", fact.seq}, {"type", fact.type}});
}

void RowWriter::Impl::write_derived(const Fact& fact, Effects& effects) {
    const std::string time = rfc3339(fact.unix_ms);
    if (const auto said = log_line(fact)) {
        effects.rows += static_cast<uint64_t>(line.run({fact.call_id,
                                                        fact.seq,
                                                        said->turn,
                                                        said->role,
                                                        said->message,
                                                        {},
                                                        {},
                                                        {},
                                                        said->metadata,
                                                        fact.t_ms,
                                                        time}));
    } else if (const auto felt = emotion(fact)) {
        const bool joined = feel.run({felt->scores, felt->sentiment, felt->confidence, fact.call_id, fact.call_id,
                                      felt->role, felt->said_seq.value_or(fact.seq)}) > 0;
        if (joined) return;
        effects.rows +=
            static_cast<uint64_t>(line.run({fact.call_id, fact.seq, felt->turn, felt->role, "", felt->scores,
                                            felt->sentiment, felt->confidence, felt->metadata, fact.t_ms, time}));
    } else if (const auto row = turn_row(fact)) {
        write_turn(fact, *row, effects);
    }
}

void RowWriter::Impl::write_turn(const Fact& fact, const TurnRow& row, Effects& effects) {
    const DbValue seq = row.has_stages ? DbValue(fact.seq) : DbValue();
    turn.run({fact.call_id, row.turn, seq, row.epoch, row.engine_in, row.endpointing, row.thinking, row.engine_graph,
              row.engine_out, row.carrier, row.engine, row.backend, row.voice_to_voice, row.unexplained,
              row.interrupted ? 1 : 0, row.heard_text, rfc3339(fact.unix_ms)});
    if (row.has_stages) {
        fill_turn.run({fact.seq, row.epoch, row.engine_in, row.endpointing, row.thinking, row.engine_graph,
                       row.engine_out, row.carrier, row.engine, row.backend, row.voice_to_voice, row.unexplained,
                       fact.call_id, row.turn});
    }
    ++effects.rows;
}

void RowWriter::write(const WebhookEnd& end, Effects& effects) {
    effects.rows += static_cast<uint64_t>(impl_->end_wish.run({end.call_id, end.webhook_id, end.wanted ? 1 : 0}));
}

void RowWriter::write(const DeliveryOutcome& outcome, Effects& effects) {
    const bool pending = outcome.state == DeliveryOutcome::State::kPending;
    const int64_t now = unix_ms();
    const bool settled =
        impl_->settle.run({name_of(outcome.state), outcome.attempts, pending ? outcome.next_unix_ms : 0,
                           outcome.last_status, outcome.last_error, pending ? std::string() : rfc3339(now),
                           outcome.webhook_id, outcome.call_id, outcome.seq}) > 0;
    if (!settled) return;  // it is over already: a second attempt, whatever became of it, does not open it again
    impl_->requeue.run({outcome.webhook_id, outcome.call_id, pending ? outcome.next_unix_ms : 0});
    if (!pending) {
        impl_->unqueue.run({outcome.webhook_id, outcome.call_id, outcome.webhook_id, outcome.call_id});
    }
    ++effects.rows;
}

void RowWriter::write(const WebhookEndpoint& endpoint, Effects& effects) {
    effects.rows +=
        static_cast<uint64_t>(impl_->webhook.run({endpoint.id, public_url(endpoint.url), rfc3339(unix_ms())}));
}

}  // namespace trunkline
