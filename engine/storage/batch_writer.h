#pragma once
// Commits one batch and decides what a failure means. Storage thread only; throws nothing.
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>

#include "engine/events/delivery.h"
#include "engine/events/outbox.h"
#include "engine/storage/database.h"
#include "engine/storage/dead_letters.h"
#include "engine/storage/row_writer.h"

namespace trunkline {

using Entry = std::variant<CallRow, SessionRow, FactRecord, WebhookEnd, DeliveryOutcome, WebhookEndpoint>;

class BatchWriter {
  public:
    BatchWriter(SessionPtr session, const std::string& path);

    struct Outcome {
        bool done = false;  ///< every entry is on disk or in the dead letters; else nothing is: try again
        RowWriter::Effects effects;
        uint64_t dead_letters = 0;
        std::string problem;  ///< why it is to be tried again
    };
    Outcome commit(std::span<const Entry> entries);
    /// The end of the process is near and the database does not take these.
    uint64_t give_up(std::span<const Entry> entries, const std::string& why);

  private:
    enum class Try { kDone, kTryAgain, kBadRow };
    Try attempt(std::span<const Entry> entries, RowWriter::Effects& effects, std::string& problem);
    void one_by_one(std::span<const Entry> entries, Outcome& outcome);
    bool without_carrier_id(const Entry& entry, Outcome& outcome);

    SessionPtr session_;
    std::unique_ptr<RowWriter> rows_;  // made on first use, and anew after a failure
    DeadLetters dead_letters_;
    size_t committed_ = 0;  // entries of the current batch that one_by_one() has dealt with
};

}  // namespace trunkline
