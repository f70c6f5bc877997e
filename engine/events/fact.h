#pragma once
// A fact: one thing that is known about a call, numbered gap-free per call. The body is one JSON object of
// schemas/call-event.schema.json; the columns beside it are what storage and delivery need without parsing.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace trunkline {

struct Fact {
    std::string call_id;
    uint64_t seq = 0;     ///< per call, gap-free, from 1
    std::string type;     ///< "transcript", "call.ended", …
    int64_t t_ms = 0;     ///< since the call was created, monotonic
    int64_t unix_ms = 0;  ///< wall clock
    std::string body;     ///< the whole JSON object, common fields included
};
using FactPtr = std::shared_ptr<const Fact>;

/// Fills `fact.body` from its other members. `fields`: the inside of a JSON object with the fact's own fields
/// ("\"role\":\"user\",\"text\":\"hi\""), may be empty. `turn` 0 = null.
void write_fact_body(Fact& fact, std::string_view node, uint64_t turn, std::string_view graph_hash,
                     std::string_view fields);

/// Numbers and stamps the facts of one call. Shard thread of the call only.
class FactNumberer {
  public:
    FactNumberer(std::string call_id, std::string graph_hash, int64_t created_monotonic_ns);
    /// `fields` and `turn` as in write_fact_body().
    FactPtr make(std::string_view type, std::string_view node, uint64_t turn, std::string_view fields);
    uint64_t last_seq() const { return seq_; }
    int64_t t_ms() const;
    /// A monotonic time as milliseconds since the call was created.
    int64_t t_ms_at(int64_t monotonic_ns) const { return (monotonic_ns - created_ns_) / 1'000'000; }
    const std::string& call_id() const { return call_id_; }

  private:
    std::string call_id_, graph_hash_;
    int64_t created_ns_;
    uint64_t seq_ = 0;
};

}  // namespace trunkline
