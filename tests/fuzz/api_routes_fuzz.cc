// The REST API and the carriers' routes behind the real server, with a small database. The first line is the target of
// a request, the rest its body (then it is a POST). Whatever is asked: one answer, in JSON or XML, never an error of
// ours, and a page that names a next one has it.
#include <filesystem>

#include "engine/api/api_routes.h"
#include "engine/api/twilio_routes.h"
#include "engine/api/vonage_routes.h"
#include "engine/call/call_manager.h"
#include "engine/carriers/twilio.h"
#include "engine/carriers/vonage_hangup.h"
#include "engine/carriers/vonage_signature.h"
#include "engine/events/fact.h"
#include "engine/graph/graph_store.h"
#include "engine/loop/shard_pool.h"
#include "engine/net/http_server.h"
#include "engine/storage/reader.h"
#include "engine/storage/writer.h"
#include "tests/fuzz/http_answers.h"
#include "tests/fuzz/loopback.h"

using namespace trunkline;
using namespace trunkline::fuzz;

namespace {

void fill(StorageWriter& writer) {
    for (int call = 0; call < 5; ++call) {
        CallRow row;
        row.id = "call_" + std::to_string(call);
        row.carrier = "twilio";
        row.carrier_call_id = "CA" + std::to_string(call);
        row.status = call % 2 == 0 ? "completed" : "failed";
        row.graph = "support";
        row.created_unix_ms = 1'795'170'243'000 + call / 2;
        must(writer.put(row), "a call is stored");
        for (uint64_t seq = 1; seq <= 3; ++seq) {
            auto fact = std::make_shared<Fact>();
            fact->call_id = row.id;
            fact->seq = seq;
            fact->type = seq == 2 ? "transcript" : "dtmf";
            fact->unix_ms = row.created_unix_ms;
            write_fact_body(*fact, "caller", seq, "hash", R"("role":"user","text":"hello","digit":"1","final":true)");
            must(writer.put(FactRecord{fact, true, ""}), "a fact is stored");
        }
    }
    must(writer.flush(std::chrono::seconds(60)), "what is stored is on disk");
}

struct Rig {
    Rig() : pool(1), graphs({}, {}) {
        std::string folder = (std::filesystem::temp_directory_path() / "trunkline-fuzz-XXXXXX").string();
        must(mkdtemp(folder.data()) != nullptr, "there is a folder for the database");
        StorageOptions storage;
        storage.path = folder + "/calls.db";
        auto opened = StorageWriter::open(storage);
        must(opened.has_value(), "a database is made");
        writer = *std::move(opened);
        fill(*writer);
        auto reading = StorageReader::open(storage.path);
        must(reading.has_value(), "the database can be read");
        reader = *std::move(reading);
        CallManagerOptions options;
        options.max_calls = 16;
        calls = std::make_unique<CallManager>(&pool, &graphs, writer.get(),
                                              std::map<std::string, MediaSessionFactory>{}, options);
        HttpServerOptions http;
        http.port = 0;
        http.header_timeout_ms = 2'000;
        server = std::make_unique<HttpServer>(&pool, http);
        add_api_routes(server.get(), {calls.get(), &pool, reader.get(), "", {}});
        add_twilio_routes(server.get(), calls.get(), {"", "https://voice.example.com"});
        VonageParts vonage{calls.get(), {}, nullptr, &hang_ups};
        vonage.settings.public_url = "https://voice.example.com";
        vonage::SignatureSettings everybody;
        everybody.required = false;
        vonage.gate = std::make_shared<vonage::Gate>(everybody, vonage.settings);
        add_vonage_routes(server.get(), vonage);
        must(server->listen().has_value(), "the server listens");
        ask("/api/v1/calls", "");             // now every file of the database is open,
        std::filesystem::remove_all(folder);  // and a run that is cut off leaves nothing behind
    }

    std::string ask(std::string_view target, std::string_view body) const {
        std::string request = body.empty() ? "GET " : "POST ";
        request.append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
        if (!body.empty()) {
            request += "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ";
            request += std::to_string(body.size()) + "\r\n";
        }
        request.append("\r\n").append(body);
        const Loopback client(server->port());
        client.send_all(request, request.size());
        return client.read_to_end();
    }

    ShardPool pool;
    graph::GraphStore graphs;
    vonage::HangUps hang_ups{1, std::nullopt};
    std::unique_ptr<StorageWriter> writer;
    std::unique_ptr<StorageReader> reader;
    std::unique_ptr<CallManager> calls;
    std::unique_ptr<HttpServer> server;
};

void must_be_problem(const Answer& answer) {
    const auto problem = Json::parse(answer.body);
    must(problem && (*problem)["status"].int_or(0) == answer.status, "a problem has its status");
    must(!(*problem)["title"].text_or("").empty() && !(*problem)["detail"].text_or("").empty(), "a problem says what");
}

/// What the answer names as the next page is there.
void must_go_on(const Rig& rig, std::string_view path, const Json& page) {
    const Json cursor = page["next_cursor"], after = page["next_after"];
    std::string next(path);
    if (cursor.is_string()) next += "?limit=1&cursor=" + cursor.text_or("");
    if (after.is_number()) next += "?limit=1&after=" + after.dump();
    if (next.size() == path.size()) return;
    const std::string text = rig.ask(next, "");
    std::string_view rest = text;
    must(take_answer(rest).status == 200, "the next page is there");
}

void must_be_sound(const Rig& rig, std::string_view path, const Answer& answer) {
    must(answer.status < 500, "no request is an error of the server");
    const std::string type = answer.header("Content-Type");
    if (type.find("problem") != std::string::npos) return must_be_problem(answer);
    if (type.find("json") == std::string::npos) return;
    const auto page = Json::parse(answer.body);
    must(page.has_value(), "an answer is JSON");
    for (const char* list : {"calls", "log", "events", "turns"})
        must((*page)[list].size() <= 5, "a page holds no more than there is");
    must_go_on(rig, path, *page);
}

}  // namespace

/// GLib and libsoup keep no frame pointers; without this no suppression of tests/lsan.supp could name their functions.
extern "C" const char* __asan_default_options() { return "fast_unwind_on_malloc=0:malloc_context_size=10"; }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const Rig* const rig = new Rig;  // its threads run to the end of the process
    std::string_view body = text_of({data, size});
    const std::string_view target = take_line(body);
    if (!target.starts_with('/') ||
        std::any_of(target.begin(), target.end(), [](char c) { return c <= ' ' || c == 0x7f; }))
        return 0;
    const std::string text = rig->ask(target, body);
    std::string_view rest = text;
    if (rest.empty()) return 0;  // libsoup has refused the target
    const Answer answer = take_answer(rest);
    must(rest.empty(), "a request has one answer");
    must_be_sound(*rig, target.substr(0, target.find('?')), answer);
    return 0;
}
