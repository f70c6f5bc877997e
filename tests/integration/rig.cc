#include "tests/integration/rig.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/integration/stored_calls.h"
#include "tests/support/eventually.h"

namespace trunkline::test {

lab::deepgram::DeepgramOptions quick_agent() {
    lab::deepgram::DeepgramOptions o;
    o.port = 0;
    o.latency.scale = 0.1;
    o.end_of_turn_ms = 400;
    o.brain.callers = {"agent-newlocation", "vm-goodbye", "demo-thanks", "queue-thankyou"};
    const auto rule = [&](const char* heard, const char* answer) {
        lab::deepgram::Rule r;
        r.when = heard;
        r.reply.say = {answer};
        o.brain.rules.push_back(r);
    };
    rule("agent-newlocation", "demo-congrats");
    rule("vm-goodbye", "vm-goodbye");
    o.brain.fallback.say = {"queue-thankyou"};
    return o;
}

Rig::Rig(RigOptions options) : options_(std::move(options)) {
    auto speech = lab::SpeechLibrary::open();
    if (!speech) throw std::runtime_error(speech.error().message);
    speech_ = *speech;
    if (options_.deepgram.brain.callers.empty()) options_.deepgram = quick_agent();
    auto agent = lab::deepgram::DeepgramLab::start(options_.deepgram);
    if (!agent) throw std::runtime_error(agent.error().message);
    agent_ = std::move(*agent);
    std::ofstream(dir_ + "/call.yaml") << graph_text();

    ServerOptions server;
    server.config.port = 0;
    server.config.shards = 2;
    server.config.graphs = {dir_ + "/call.yaml"};
    server.config.database = dir_ + "/calls.db";
    server.config.public_url = "https://voice.example.com";
    server.config.twilio_auth_token = options_.auth_token;
    server.config.drain_ms = options_.drain_ms;
    server.config.webhook_timeout_ms = options_.webhook_timeout_ms;
    server.config.insecure = options_.auth_token.empty();
    server.http = options_.http;
    server.load.env = [url = options_.agent_url.empty() ? agent_->url() : options_.agent_url](
                          const std::string& name_) -> std::optional<std::string> {
        if (name_ == "AGENT_URL") return url;
        if (name_ == "DEEPGRAM_API_KEY") return "rig-key";
        return std::nullopt;
    };
    server.load.secret = server.load.env;
    server.carriers["twilio"] = [session = options_.session](Shard* shard, std::unique_ptr<WebSocket> socket,
                                                             MediaSession::Listener* listener) {
        return std::make_unique<twilio::TwilioSession>(shard, std::move(socket), listener, session);
    };
    server.carriers["vonage"] = [](Shard* shard, std::unique_ptr<WebSocket> socket, MediaSession::Listener* listener) {
        return std::make_unique<vonage::VonageSession>(shard, std::move(socket), listener);
    };
    auto started = Server::start(std::move(server));
    if (!started) throw std::runtime_error(started.error().message);
    server_ = std::move(*started);
    twilio_ = std::make_unique<lab::TwilioLab>();
}

Rig::~Rig() {
    twilio_.reset();
    server_.reset();
    agent_.reset();
}

std::string Rig::graph_text() const {
    return R"(trunkline: 1
name: call
params:
  greeting: {type: string, maxLength: 100, default: "demo-thanks"}
nodes:
  caller: {element: callsrc}
  agent: {element: deepgramagent, url: $env.AGENT_URL, api-key: $secret.DEEPGRAM_API_KEY, greeting: $param.greeting)" +
           options_.agent + R"(}
  gate: )" +
           options_.gate + R"(
  line: )" +
           options_.line + R"(
  db: {element: dbsink}
)" + options_.extra_nodes +
           "links:\n  heard: " + options_.heard + "\n  said: " + options_.said + R"(
  ears: caller -> gate.monitor
  facts: caller.events, agent.events, gate.events -> )" +
           options_.fact_sinks + "\n" + options_.extra_links + R"(limits: )" + options_.limits + "\n";
}

std::string Rig::base_url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }

std::unique_ptr<lab::TwilioCall> Rig::call(const std::function<void(lab::TwilioCallOptions&)>& change,
                                           const std::string& path) {
    lab::TwilioCallOptions o;
    o.webhook_url = base_url() + path;
    o.auth_token = options_.auth_token;
    o.public_url = "https://voice.example.com";
    o.dial = "127.0.0.1:" + std::to_string(server_->port());
    if (change) change(o);
    return twilio_->call(o);
}

void Rig::say(lab::TwilioCall& call, const std::string& recording) {
    auto found = speech_->speech(recording);
    if (!found) throw std::runtime_error(found.error().message);
    call.say(recording, (*found)->samples);
}

std::vector<std::string> Rig::sql(const std::string& query) const { return first_column(dir_ + "/calls.db", query); }

bool Rig::wait_sql(const std::string& query, size_t rows, int timeout_ms) const {
    return eventually([&] { return sql(query).size() == rows; }, std::chrono::milliseconds(timeout_ms));
}

std::string Rig::ended_call(const std::string& call_sid, int timeout_ms) const {
    const std::string query =
        "select id from calls where ended_at is not null and carrier_call_id = '" + call_sid + "'";
    if (!wait_sql(query, 1, timeout_ms)) return "";
    return sql(query)[0];
}

std::vector<Json> Rig::facts(const std::string& call_id, const std::string& type) const {
    return stored_facts(dir_ + "/calls.db", call_id, type);
}

HttpAnswer Rig::get(const std::string& path, const std::vector<std::string>& headers) const {
    std::string options;
    for (const std::string& h : headers) options += "-H '" + h + "' ";
    return curl(options, base_url() + path);
}

void expect_one_clean_end(Rig& rig, const std::string& call_id) {
    ASSERT_FALSE(call_id.empty()) << "the call did not end in the database";
    const auto facts = rig.facts(call_id);
    int64_t seq = 0;
    size_t ended = 0;
    for (const Json& fact : facts) {
        EXPECT_EQ(fact["seq"].int_or(-1), ++seq) << "numbers without a gap";
        ended += fact["type"].text_or("") == "call.ended";
    }
    EXPECT_EQ(ended, 1U);
    ASSERT_FALSE(facts.empty());
    EXPECT_EQ(facts.back()["type"].text_or(""), "call.ended") << "nothing comes after the end";
    EXPECT_EQ(rig.sql("select 1 from calls where id = '" + call_id + "' and ended_at is not null").size(), 1U);
    EXPECT_EQ(rig.sql("select 1 from sessions where call_id = '" + call_id + "' and stopped_at is null").size(), 0U);
    EXPECT_TRUE(rig.agent().wait([](const auto& sessions) {
        for (const auto& s : sessions) {
            if (s.open()) return false;
        }
        return true;
    })) << "the backend session was left open";
}

}  // namespace trunkline::test
