#include "tests/integration/endurance/service.h"

#include <fstream>
#include <stdexcept>

#include "elements/twilio/twilio_session.h"

namespace trunkline::test {
namespace {

struct GraphParts {
    std::string name;
    std::string agent = {};  ///< more settings of the agent, ", name: value"
    std::string params = {};
    std::string between = {};      ///< a node between the caller and the agent
    std::string before_line = {};  ///< one between the agent and the caller
    std::string limits = {};
};

std::string graph_text(const GraphParts& g) {
    return "trunkline: 1\nname: " + g.name +
           "\nparams:\n"
           "  agent: {type: string, maxLength: 100}\n" +
           g.params +
           "nodes:\n"
           "  caller: {element: callsrc}\n"
           "  agent: {element: deepgramagent, url: $param.agent, api-key: $secret.AGENT_KEY" +
           g.agent +
           "}\n"
           "  gate: {element: bargein}\n"
           "  line: {element: callsink}\n"
           "  db: {element: dbsink}\n" +
           (g.between.empty() ? "" : "  between: " + g.between + "\n") +
           (g.before_line.empty() ? "" : "  before_line: " + g.before_line + "\n") + "links:\n  heard: caller -> " +
           (g.between.empty() ? "" : "between -> ") + "agent\n  said: agent -> gate -> " +
           (g.before_line.empty() ? "" : "before_line -> ") +
           "line\n"
           "  ears: caller -> gate.monitor\n"
           "  facts: caller.events, agent.events, gate.events -> db\n" +
           (g.limits.empty() ? "" : "limits: " + g.limits + "\n");
}

}  // namespace

std::vector<std::pair<std::string, std::string>> ending_graphs() {
    const std::vector<GraphParts> all = {
        {.name = "call"},
        {.name = "impatient", .agent = ", connect-timeout: 200ms"},
        {.name = "limited", .limits = "{call: 200ms}"},
        {.name = "quiet", .limits = "{silence: 200ms}"},
        {.name = "endless", .before_line = "{element: valve, drop: true}"},  // EOS does not come through
        {.name = "breaking", .between = "{element: identity, error-after: 3}"},
        {.name = "refusing", .agent = ", settings: \"{\\\"type\\\": 1}\""},
        {.name = "narrow",
         .agent = ", output-format: $param.format",
         .params = "  format: {type: string, maxLength: 20, default: auto}\n"},
        {.name = "tool",
         .agent = ", tool-url: $param.tool, functions: '[{\"name\": \"look_up\"}]'",
         .params = "  tool: {type: string, maxLength: 100}\n"},
    };
    std::vector<std::pair<std::string, std::string>> texts;
    for (const GraphParts& g : all) texts.emplace_back(g.name, graph_text(g));
    return texts;
}

Service::Service(const Patience& patience) {
    ServerOptions options;
    options.config.port = 0;
    options.config.shards = 2;
    for (const auto& [graph, text] : ending_graphs()) {
        std::ofstream(folder_ + "/" + graph + ".yaml") << text;
    }
    options.config.graphs = {folder_};
    options.config.database = folder_ + "/calls.db";
    options.config.public_url = "https://voice.example.com";
    options.config.insecure = true;
    options.config.drain_ms = 0;
    options.config.media_wait_ms = patience.media_wait_ms;
    options.load.env = [](const std::string& variable) -> std::optional<std::string> {
        return variable == "AGENT_KEY" ? std::optional<std::string>("some-key") : std::nullopt;
    };
    options.load.secret = options.load.env;
    const twilio::SessionOptions session{patience.start_timeout_ms, patience.media_timeout_ms};
    options.carriers["twilio"] = [session](Shard* shard, std::unique_ptr<WebSocket> socket,
                                           MediaSession::Listener* listener) {
        return std::make_unique<twilio::TwilioSession>(shard, std::move(socket), listener, session);
    };
    auto started = Server::start(std::move(options));
    if (!started) throw std::runtime_error(started.error().message);
    server_ = std::move(*started);
    rows_ = std::make_unique<Rows>(folder_ + "/calls.db");
}

Rows::Rows(const std::string& file) {
    if (sqlite3_open_v2(file.c_str(), &database_, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK)
        throw std::runtime_error("the database cannot be read");
    sqlite3_busy_timeout(database_, 5000);
    sql("select count(*) from calls");  // opens what it needs
}

Rows::~Rows() { sqlite3_close(database_); }

std::vector<std::string> Rows::sql(const std::string& query) const {
    std::vector<std::string> rows;
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database_, query.c_str(), -1, &statement, nullptr) != SQLITE_OK)
        throw std::runtime_error(sqlite3_errmsg(database_));
    while (sqlite3_step(statement) == SQLITE_ROW) {
        std::string row;
        for (int i = 0; i < sqlite3_column_count(statement); ++i) {
            const unsigned char* text = sqlite3_column_text(statement, i);
            row += (i == 0 ? "" : "|") + std::string(text ? reinterpret_cast<const char*>(text) : "null");
        }
        rows.push_back(row);
    }
    sqlite3_finalize(statement);
    return rows;
}

int64_t Rows::number(const std::string& query) const {
    const auto rows = sql(query);
    return rows.empty() ? -1 : std::atoll(rows[0].c_str());
}

}  // namespace trunkline::test
