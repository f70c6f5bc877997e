// Facts: numbering, stamping and the JSON body. The body is put together by hand: the fact's own fields come as JSON
// already, and a tree would cost more than the rest of the fact.
#include "engine/events/fact.h"

#include <utility>

#include "engine/core/clock.h"
#include "engine/core/json.h"

namespace trunkline {

void write_fact_body(Fact& fact, std::string_view node, uint64_t turn, std::string_view graph_hash,
                     std::string_view fields) {
    JsonWriter w;
    w.begin_object().field("type", fact.type).field("call_id", fact.call_id).field("seq", fact.seq);
    w.field("time", rfc3339(fact.unix_ms)).field("t_ms", fact.t_ms).field("node", node).key("turn");
    if (turn == 0) {
        w.null();
    } else {
        w.value(turn);
    }
    w.field("graph_hash", graph_hash);
    fact.body = w.take();
    if (!fields.empty()) fact.body.append(",").append(fields);
    fact.body += '}';
}

FactNumberer::FactNumberer(std::string call_id, std::string graph_hash, int64_t created_monotonic_ns)
    : call_id_(std::move(call_id)), graph_hash_(std::move(graph_hash)), created_ns_(created_monotonic_ns) {}

int64_t FactNumberer::t_ms() const { return (monotonic_ns() - created_ns_) / 1'000'000; }

FactPtr FactNumberer::make(std::string_view type, std::string_view node, uint64_t turn, std::string_view fields) {
    auto fact = std::make_shared<Fact>();
    fact->call_id = call_id_;
    fact->seq = ++seq_;
    fact->type = type;
    fact->t_ms = t_ms();
    fact->unix_ms = unix_ms();
    write_fact_body(*fact, node, turn, graph_hash_, fields);
    return fact;
}

}  // namespace trunkline
