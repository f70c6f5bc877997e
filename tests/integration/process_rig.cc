#include "tests/integration/process_rig.h"

#include <fstream>

#include "tests/integration/rig.h"

namespace trunkline::test {

ProcessRig::ProcessRig(const std::string& extra_nodes, const std::string& fact_sinks, const std::string& extra_links) {
    auto started = lab::deepgram::DeepgramLab::start(quick_agent());
    if (!started) throw std::runtime_error(started.error().message);
    agent_ = std::move(*started);
    std::ofstream(folder_ + "/call.yaml")
        << "trunkline: 1\nname: call\nnodes:\n  caller: {element: callsrc}\n"
           "  agent: {element: deepgramagent, url: $env.AGENT_URL, api-key: k, greeting: demo-thanks}\n"
           "  gate: {element: bargein}\n  line: {element: callsink}\n  db: {element: dbsink}\n"
        << extra_nodes
        << "links:\n  heard: caller -> agent\n  said: agent -> gate -> line\n  ears: caller -> gate.monitor\n"
           "  facts: caller.events, agent.events, gate.events -> "
        << fact_sinks << "\n"
        << extra_links;
}

ProcessRig::~ProcessRig() { engine_.reset(); }

EngineProcess& ProcessRig::start(std::vector<std::string> environment) {
    environment.push_back("AGENT_URL=" + agent_->url());
    engine_.reset();
    engine_ = std::make_unique<EngineProcess>(folder_, folder_ + "/call.yaml", std::move(environment));
    return *engine_;
}

std::unique_ptr<lab::TwilioCall> ProcessRig::call() {
    lab::TwilioCallOptions o;
    o.dial = "127.0.0.1:" + std::to_string(engine_->port());
    o.webhook_url = "http://" + o.dial + "/twilio/voice";
    o.public_url = "https://voice.example.com";
    return twilio_.call(o);
}

size_t ProcessRig::sessions() const {
    size_t seen = 0;
    agent_->wait([&](const auto& sessions) { return seen = sessions.size(), true; });
    return seen;
}

std::string ProcessRig::url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(engine_->port()) + path;
}

HttpAnswer ProcessRig::get(const std::string& path) const { return curl("", url(path)); }

HttpAnswer ProcessRig::announce() const {
    return curl("-d CallSid=CA00000000000000000000000000000001 -d From=%2B15550100123 -d To=%2B15550199456",
                url("/twilio/voice"));
}

double ProcessRig::metric_in(const std::string& metrics, const std::string& name) {
    const std::string text = "\n" + metrics;
    const size_t at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::atof(text.c_str() + at + name.size() + 2);
}

StoredRows ProcessRig::sql(const std::string& query) const { return stored_rows(database(), query); }

long ProcessRig::number(const std::string& query) const {
    const StoredRows rows = sql(query);
    return rows.empty() ? -1 : std::atol(rows[0][0].c_str());
}

}  // namespace trunkline::test
