// schemas/call-event.schema.json judges facts: every type is taken as the engine makes it, and what is wrong is
// refused.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#define VALIJSON_USE_EXCEPTIONS 1  // as wherever the validator is used
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "engine/core/clock.h"
#include "engine/events/fact.h"
#include "engine/events/turn_clock.h"

namespace trunkline {
namespace {

using valijson::adapters::NlohmannJsonAdapter;

nlohmann::json schema_document() {
    const char* root = std::getenv("TRUNKLINE_SOURCE_DIR");
    std::ifstream file(std::string(root ? root : ".") + "/schemas/call-event.schema.json");
    return nlohmann::json::parse(file);
}

const valijson::Schema& schema() {
    static const valijson::Schema* const kSchema = [] {
        auto* const made = new valijson::Schema;
        const nlohmann::json document = schema_document();
        valijson::SchemaParser(valijson::SchemaParser::kDraft7).populateSchema(NlohmannJsonAdapter(document), *made);
        return made;
    }();
    return *kSchema;
}

bool valid(const nlohmann::json& fact, std::string* why = nullptr) {
    valijson::Validator validator;
    valijson::ValidationResults results;
    const bool ok = validator.validate(schema(), NlohmannJsonAdapter(fact), &results);
    valijson::ValidationResults::Error error;
    while (why && results.popError(error)) *why += error.description + "; ";
    return ok;
}

const std::string kCall =
    R"("carrier":"twilio","carrier_call_id":"CA1","direction":"inbound","from":"+4930","to":"+4940")";

struct Sample {
    const char* type;
    std::string fields;
};

const std::vector<Sample>& samples() {
    static const std::vector<Sample> kSamples = {
        {"call.created", kCall},
        {"call.ringing", kCall},
        {"call.answered", kCall},
        {"call.ended", kCall + R"(,"status":"completed","reason":"hangup","duration_ms":1200,"who":"caller")"},
        {"media.started", R"("stream_id":"MZ1","encoding":"audio/x-mulaw","rate":8000)"},
        {"media.stopped",
         R"("stream_id":"MZ1","frames_in":10,"frames_out":9,"bytes_in":1600,"bytes_out":1440,"played_ms":180)"},
        {"user.speech_started", R"("source":"backend")"},
        {"user.speech_stopped", R"("source":"vad")"},
        {"transcript", R"("role":"user","text":"hi","final":true,"confidence":0.9,"language":"en")"},
        {"emotion",
         R"("role":"user","scores":{"Joy":0.5,"Calmness":0.2},"top":[{"name":"Joy","score":0.5}],"sentiment":"positive","confidence":0.7,"said_seq":4)"},
        {"agent.started", R"("response_id":"r1")"},
        {"agent.stopped", R"("response_id":"r1","generated_ms":900,"played_ms":400,"interrupted":true)"},
        {"bargein",
         R"("source":"local","verdict":"accepted","phase":"speaking","onset_t_ms":100,"decided_t_ms":110,"held_ms":80,"cleared_t_ms":111,"last_heard_t_ms":111,"played_ms":400,"discarded_ms":500,"heard_text":"Well")"},
        {"dtmf", R"("digit":"#")"},
        {"tool.call", R"("tool_call_id":"t1","name":"order","arguments":{"id":7})"},
        {"tool.result", R"("tool_call_id":"t1","name":"order","result":"ok","duration_ms":12)"},
        {"error", R"("code":"backend-error","message":"gone","retryable":false,"fatal":true,"attempt":3)"},
        {"reconnect", R"("message":"gone","retryable":true,"attempt":1)"},
        {"recording.started",
         R"("location":"recordings/c.wav","format":"wav","encoding":"linear16","rate":8000,"channels":2)"},
        {"recording.stopped", R"("location":"recordings/c.wav","duration_ms":1500,"lost_ms":0,"error":"disk full")"},
    };
    return kSamples;
}

nlohmann::json fact(const std::string& type, const std::string& fields) {
    FactNumberer facts("call_01", "hash", monotonic_ns());
    return nlohmann::json::parse(facts.make(type, "node", 1, fields)->body);
}

TEST(FactSchema, TakesEveryTypeAsTheEngineMakesIt) {
    for (const Sample& sample : samples()) {
        std::string why;
        EXPECT_TRUE(valid(fact(sample.type, sample.fields), &why)) << sample.type << ": " << why;
    }
}

TEST(FactSchema, TakesTheReportOfTheTurnClock) {
    TurnClock clock;
    const uint64_t epoch = clock.reply_audio(5'000'000);
    clock.reply_on_line(epoch, 6'000'000, 7'000'000, 0);
    const auto report = clock.take_report(epoch);
    ASSERT_TRUE(report.has_value());
    std::string why;
    EXPECT_TRUE(valid(fact("turn.latency", *report), &why)) << why;
}

TEST(FactSchema, HasASampleOfEveryType) {
    size_t known = samples().size() + 1;  // turn.latency has a test of its own
    EXPECT_EQ(schema_document()["properties"]["type"]["enum"].size(), known);
}

TEST(FactSchema, RefusesAMissingCommonField) {
    for (const char* name : {"type", "call_id", "seq", "time", "t_ms", "node", "turn", "graph_hash"}) {
        auto broken = fact("dtmf", "\"digit\":\"1\"");
        broken.erase(name);
        EXPECT_FALSE(valid(broken)) << name;
    }
}

TEST(FactSchema, RefusesAnUnknownTypeAndUnknownFields) {
    EXPECT_FALSE(valid(fact("call.exploded", "")));
    for (const Sample& sample : samples())
        EXPECT_FALSE(valid(fact(sample.type, sample.fields + ",\"colour\":1"))) << sample.type;
}

TEST(FactSchema, RefusesFieldsOfTheWrongKind) {
    const Sample broken[] = {
        {"transcript", R"("role":"user","final":true)"},
        {"transcript", R"("role":"robot","text":"hi","final":true)"},
        {"emotion", R"("role":"user","scores":{"Joy":1.5},"sentiment":"positive","confidence":0.5)"},
        {"emotion", R"("role":"user","scores":{},"sentiment":"positive","confidence":0.5)"},
        {"dtmf", R"("digit":"12")"},
        {"tool.result", R"("tool_call_id":"t","name":"n","duration_ms":1)"},
        {"tool.result", R"("tool_call_id":"t","name":"n","duration_ms":1,"result":1,"error":"x")"},
        {"call.ended", R"("status":"ringing","reason":"x","duration_ms":1,"who":"caller")"},
        {"call.ended", R"("status":"completed","reason":"x","duration_ms":-1,"who":"caller")"},
        {"bargein",
         R"("source":"guess","verdict":"accepted","phase":"speaking","onset_t_ms":1,"decided_t_ms":1,"cleared_t_ms":1,"last_heard_t_ms":1,"played_ms":1,"discarded_ms":1)"},
    };
    for (const Sample& sample : broken) EXPECT_FALSE(valid(fact(sample.type, sample.fields))) << sample.fields;
}

TEST(FactSchema, RefusesABadTimeAndSeqZero) {
    auto broken = fact("dtmf", "\"digit\":\"1\"");
    broken["time"] = "2026-11-20 10:00:00";
    EXPECT_FALSE(valid(broken));
    broken = fact("dtmf", "\"digit\":\"1\"");
    broken["seq"] = 0;
    EXPECT_FALSE(valid(broken));
}

}  // namespace
}  // namespace trunkline
