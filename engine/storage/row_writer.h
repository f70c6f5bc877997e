#pragma once
// The prepared INSERTs and UPDATEs of the storage thread. Statements are kept across batches; a RowWriter is made anew
// after a failed statement. Everything here throws what SOCI throws: the storage thread catches.
#include <cstdint>
#include <memory>
#include <string>

#include "engine/events/delivery.h"
#include "engine/events/outbox.h"
#include "engine/storage/database.h"

namespace trunkline {

class RowWriter {
  public:
    explicit RowWriter(SessionPtr session);
    ~RowWriter();

    /// What writing did, besides rows.
    struct Effects {
        uint64_t rows = 0;        ///< new rows
        uint64_t deliveries = 0;  ///< … of them webhook deliveries
        uint64_t conflicts = 0;   ///< two different facts under one number
    };
    void write(const CallRow& row, Effects& effects);
    void write(const SessionRow& row, Effects& effects);
    void write(const FactRecord& record, Effects& effects);
    void write(const WebhookEnd& end, Effects& effects);
    void write(const DeliveryOutcome& outcome, Effects& effects);
    void write(const WebhookEndpoint& endpoint, Effects& effects);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace trunkline
