// See the header.
#include "engine/storage/due_rows.h"

#include "engine/storage/statement.h"

namespace trunkline {
namespace {

// Enough to save most round trips, little enough to keep in memory for every queue under way.
constexpr int kRunLength = 16;

}  // namespace

DueDeliveries load_due_rows(soci::session& session, const std::vector<DueRequest>& wanted, int64_t now_unix_ms) {
    Statement queues(
        session, "SELECT call_id FROM webhook_queues WHERE webhook_id = :w AND next_ms <= :n ORDER BY next_ms LIMIT :l",
        "sii", "s");
    Statement rows(session,
                   "SELECT d.seq, d.attempts, d.created_ms, e.body FROM webhook_deliveries d JOIN call_events e"
                   " ON e.call_id = d.call_id AND e.seq = d.seq"
                   " WHERE d.webhook_id = :w AND d.call_id = :c AND d.state = 'pending' ORDER BY d.seq LIMIT :l",
                   "ssi", "iiis");
    Statement later(session, "SELECT MIN(next_ms) FROM webhook_queues WHERE webhook_id = :w AND next_ms > :n", "si",
                    "i");
    DueDeliveries due;
    for (const DueRequest& request : wanted) {
        std::vector<std::string> calls;
        queues.each({request.webhook_id, now_unix_ms, static_cast<uint64_t>(request.queues)},
                    [&] { calls.push_back(queues.text(0)); });
        for (const std::string& call : calls) {
            std::deque<Delivery> run;
            rows.each({request.webhook_id, call, kRunLength}, [&] {
                run.push_back({request.webhook_id, call, static_cast<uint64_t>(rows.integer(0)),
                               static_cast<int>(rows.integer(1)), rows.integer(2), rows.text(3)});
            });
            if (!run.empty()) due.queues.push_back(std::move(run));
        }
        later.each({request.webhook_id, now_unix_ms}, [&] {
            const int64_t next = later.integer(0);
            if (next != 0 && (due.next_unix_ms == 0 || next < due.next_unix_ms)) due.next_unix_ms = next;
        });
    }
    return due;
}

}  // namespace trunkline
