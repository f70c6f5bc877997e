// See the header.
#include "engine/storage/batch_writer.h"

#include <utility>

#include "engine/core/log.h"
#include "engine/storage/statement.h"

namespace trunkline {

BatchWriter::BatchWriter(SessionPtr session, const std::string& path)
    : session_(std::move(session)), dead_letters_(path) {}

BatchWriter::Try BatchWriter::attempt(std::span<const Entry> entries, RowWriter::Effects& effects,
                                      std::string& problem) {
    RowWriter::Effects mine;
    try {
        if (!rows_) rows_ = std::make_unique<RowWriter>(session_);
        execute(*session_, "BEGIN IMMEDIATE");
        for (const Entry& entry : entries) {
            std::visit([&](const auto& row) { rows_->write(row, mine); }, entry);
        }
        execute(*session_, "COMMIT");
    } catch (...) {
        const DbError error = current_db_error();
        rows_.reset();
        try {
            execute(*session_, "ROLLBACK");
        } catch (const std::exception&) {
            // SQLite has rolled back by itself, or there was no transaction yet.
        }
        problem = error.message;
        return error.trouble == DbTrouble::kBadRow ? Try::kBadRow : Try::kTryAgain;
    }
    effects.rows += mine.rows;
    effects.deliveries += mine.deliveries;
    effects.conflicts += mine.conflicts;
    return Try::kDone;
}

BatchWriter::Outcome BatchWriter::commit(std::span<const Entry> entries) {
    Outcome outcome;
    Try result = Try::kBadRow;
    if (committed_ == 0) result = attempt(entries, outcome.effects, outcome.problem);
    if (result == Try::kBadRow) {
        one_by_one(entries, outcome);
    } else {
        outcome.done = result == Try::kDone;
    }
    if (outcome.done) committed_ = 0;
    return outcome;
}

// A bad row among good ones: each gets a transaction of its own, so that only the bad one stays out.
void BatchWriter::one_by_one(std::span<const Entry> entries, Outcome& outcome) {
    for (; committed_ < entries.size(); ++committed_) {
        const auto one = entries.subspan(committed_, 1);
        const Try result = attempt(one, outcome.effects, outcome.problem);
        if (result == Try::kTryAgain) return;
        if (result == Try::kDone || without_carrier_id(one.front(), outcome)) continue;
        outcome.dead_letters += give_up(one, outcome.problem);
    }
    outcome.done = true;
}

// Two calls of ours under one carrier id (a carrier that repeats a webhook): the second row is kept without it.
bool BatchWriter::without_carrier_id(const Entry& entry, Outcome& outcome) {
    const auto* const row = std::get_if<CallRow>(&entry);
    if (!row || row->carrier_call_id.empty()) return false;
    CallRow changed = *row;
    changed.carrier_call_id.clear();
    if (changed.error.empty()) changed.error = "carrier call id " + row->carrier_call_id + " belongs to another call";
    const Entry again = std::move(changed);
    return attempt(std::span<const Entry>(&again, 1), outcome.effects, outcome.problem) == Try::kDone;
}

uint64_t BatchWriter::give_up(std::span<const Entry> entries, const std::string& why) {
    uint64_t kept = 0;
    for (const Entry& entry : entries) {
        // Outcomes and endpoints are not facts: an unsettled delivery is simply made again.
        const bool ok = std::visit(
            [&](const auto& row) {
                if constexpr (std::is_convertible_v<decltype(row), Record>) {
                    ++kept;
                    return dead_letters_.keep(Record(row), why);
                } else {
                    return true;
                }
            },
            entry);
        if (!ok) log_error("storage", "a record is lost: its dead-letter file cannot be written", {{"why", why}});
    }
    if (kept > 0) {
        log_error("storage", "records were refused by the database and went to a file",
                  {{"records", kept}, {"file", dead_letters_.path()}, {"why", why}});
    }
    return kept;
}

}  // namespace trunkline
