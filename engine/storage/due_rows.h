#pragma once
// Reading what is due for delivery; storage thread only, throws what SOCI throws.
#include <cstdint>
#include <vector>

#include "engine/events/delivery.h"
#include "engine/storage/database.h"

namespace trunkline {

DueDeliveries load_due_rows(soci::session& session, const std::vector<DueRequest>& wanted, int64_t now_unix_ms);

}  // namespace trunkline
