#pragma once
// What a fact means for the derived tables: pure functions from a fact's JSON to rows.
#include <optional>
#include <string>

#include "engine/events/fact.h"

namespace trunkline {

/// A line of conversation_log; nothing for facts that are none (and for interim transcripts).
struct LogLine {
    std::optional<uint64_t> turn;
    std::string role, message, metadata;
};
std::optional<LogLine> log_line(const Fact& fact);

/// The emotions heard in what `role` said: in the line `said_seq`, or in its last one.
struct Emotion {
    std::optional<uint64_t> turn;
    std::string role, scores, sentiment, metadata;
    std::optional<double> confidence;
    std::optional<uint64_t> said_seq;
};
std::optional<Emotion> emotion(const Fact& fact);

struct TurnRow {
    uint64_t turn = 0;
    bool has_stages = false;  ///< a `turn.latency`; else only the interruption is known
    std::optional<int64_t> epoch;
    std::optional<double> engine_in, endpointing, thinking, engine_graph, engine_out, carrier, engine, backend,
        voice_to_voice, unexplained;
    bool interrupted = false;
    std::string heard_text;
};
/// From `turn.latency`, `bargein` and an interrupted `agent.stopped`; nothing without a turn.
std::optional<TurnRow> turn_row(const Fact& fact);

}  // namespace trunkline
