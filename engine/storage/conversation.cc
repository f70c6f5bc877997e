// See the header.
#include "engine/storage/conversation.h"

#include "engine/core/json.h"

namespace trunkline {
namespace {

std::optional<Json> body_of(const Fact& fact) {
    auto body = Json::parse(fact.body);
    if (!body || !body->is_object()) return std::nullopt;
    return *std::move(body);
}

std::optional<uint64_t> turn_of(const Json& body) {
    const int64_t turn = body["turn"].int_or(0);
    return turn > 0 ? std::optional<uint64_t>(static_cast<uint64_t>(turn)) : std::nullopt;
}

std::optional<double> number(const Json& value) {
    return value.is_number() ? std::optional<double>(value.number_or(0)) : std::nullopt;
}

// The fact's own fields that have no column.
std::string metadata_of(const Json& body, std::initializer_list<std::string_view> names) {
    JsonWriter w;
    w.begin_object();
    for (const std::string_view name : names) {
        const Json value = body[name];
        if (value.exists() && !value.is_null()) w.raw_field(name, value.dump());
    }
    return w.end().take();
}

}  // namespace

std::optional<LogLine> log_line(const Fact& fact) {
    if (fact.type != "transcript") return std::nullopt;
    const auto body = body_of(fact);
    if (!body || !(*body)["final"].bool_or(true)) return std::nullopt;
    LogLine line;
    line.turn = turn_of(*body);
    line.role = (*body)["role"].text_or("user");
    line.message = (*body)["text"].text_or("");
    line.metadata = metadata_of(*body, {"node", "language", "confidence", "from_text"});
    return line;
}

std::optional<Emotion> emotion(const Fact& fact) {
    if (fact.type != "emotion") return std::nullopt;
    const auto body = body_of(fact);
    if (!body) return std::nullopt;
    Emotion heard;
    heard.turn = turn_of(*body);
    heard.role = (*body)["role"].text_or("user");
    heard.scores = (*body)["scores"].dump();
    heard.sentiment = (*body)["sentiment"].text_or("");
    heard.confidence = number((*body)["confidence"]);
    if (const int64_t said = (*body)["said_seq"].int_or(0); said > 0) heard.said_seq = static_cast<uint64_t>(said);
    heard.metadata = metadata_of(*body, {"node", "top"});
    return heard;
}

std::optional<TurnRow> turn_row(const Fact& fact) {
    const bool stages = fact.type == "turn.latency", barged = fact.type == "bargein";
    if (!stages && !barged && fact.type != "agent.stopped") return std::nullopt;
    const auto body = body_of(fact);
    if (!body) return std::nullopt;
    const auto turn = turn_of(*body);
    // A rejected one interrupted nothing.
    const bool accepted = barged && (*body)["verdict"].text_or("accepted") == "accepted";
    const bool interrupted = accepted || (*body)["interrupted"].bool_or(false);
    if (!turn || (!stages && !interrupted)) return std::nullopt;
    const auto ms = [&](std::string_view name) { return number((*body)[name]); };
    TurnRow row;
    row.turn = *turn;
    row.has_stages = stages;
    row.interrupted = interrupted;
    row.heard_text = (*body)["heard_text"].text_or("");
    if (const int64_t epoch = (*body)["epoch"].int_or(0); epoch > 0) row.epoch = epoch;
    row.engine_in = ms("engine_in_ms");
    row.endpointing = ms("endpointing_ms");
    row.thinking = ms("thinking_ms");
    row.engine_graph = ms("engine_graph_ms");
    row.engine_out = ms("engine_out_ms");
    row.carrier = ms("carrier_ms");
    row.engine = ms("engine_ms");
    row.backend = ms("backend_ms");
    row.voice_to_voice = ms("voice_to_voice_ms");
    row.unexplained = ms("unexplained_ms");
    return row;
}

}  // namespace trunkline
