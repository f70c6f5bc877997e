#pragma once
// A media ticket: the path segment that lets one carrier socket into one call. Signed, so that it cannot be guessed or
// changed; bound to the carrier's call id; short-lived; used once (CallManager takes the waiting call away with it).
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/result.h"

namespace trunkline {

struct Ticket {
    std::string call_id;
    std::string carrier;
    std::string carrier_call_id;
    std::string graph_hash;
    int64_t expires_unix_ms = 0;
};

class TicketMint {
  public:
    /// `key`: any secret text; empty = a random one, good for this process.
    explicit TicketMint(std::string key);
    /// URL-safe text, about 250 characters.
    std::string sign(const Ticket& ticket) const;
    /// Errors: "bad-ticket" (malformed or not ours), "expired-ticket".
    Result<Ticket> check(std::string_view text, int64_t now_unix_ms) const;

  private:
    std::string key_;
};

}  // namespace trunkline
