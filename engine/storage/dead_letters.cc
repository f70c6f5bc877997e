// See the header.
#include "engine/storage/dead_letters.h"

#include <fstream>

#include "engine/core/clock.h"
#include "engine/core/json.h"

namespace trunkline {
namespace {

void write(JsonWriter& w, const CallRow& row) {
    w.field("table", "calls").field("id", row.id).field("carrier", row.carrier);
    w.field("carrier_call_id", row.carrier_call_id).field("status", row.status).field("end_reason", row.end_reason);
    w.field("direction", row.direction).field("from", row.from_number).field("to", row.to_number);
    w.field("graph", row.graph).field("graph_hash", row.graph_hash).field("error", row.error);
    w.field("created_unix_ms", row.created_unix_ms).field("ended_unix_ms", row.ended_unix_ms);
}

void write(JsonWriter& w, const SessionRow& row) {
    w.field("table", "sessions").field("call_id", row.call_id).field("stream_id", row.stream_id);
    w.field("encoding", row.encoding).field("rate", row.rate).field("close_reason", row.close_reason);
    w.field("frames_in", row.frames_in).field("frames_out", row.frames_out);
    w.field("bytes_in", row.bytes_in).field("bytes_out", row.bytes_out);
}

void write(JsonWriter& w, const FactRecord& record) {
    w.field("table", "call_events").field("webhook_id", record.webhook_id).field("to_database", record.to_database);
    if (!record.more_webhooks.empty()) {
        w.key("more_webhooks").begin_array();
        for (const std::string& id : record.more_webhooks) w.value(id);
        w.end();
    }
    if (record.fact) w.raw_field("body", record.fact->body);
}

void write(JsonWriter& w, const WebhookEnd& end) {
    w.field("table", "webhook_ends").field("call_id", end.call_id).field("webhook_id", end.webhook_id);
    w.field("wanted", end.wanted);
}

}  // namespace

bool DeadLetters::keep(const Record& record, std::string_view why) const {
    JsonWriter w;
    w.begin_object().field("time", rfc3339(unix_ms())).field("why", why);
    std::visit([&w](const auto& row) { write(w, row); }, record);
    w.end();
    std::ofstream file(path_, std::ios::app);
    file << w.text() << '\n';
    return file.flush().good();
}

}  // namespace trunkline
