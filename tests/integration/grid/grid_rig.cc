#include "tests/integration/grid/grid_rig.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "elements/twilio/twilio_session.h"
#include "elements/vonage/vonage_session.h"
#include "lab/deepgram/lab.h"
#include "lab/hume/lab.h"
#include "tests/integration/stored_calls.h"
#include "tests/support/eventually.h"
#include "tests/unit/carriers/rsa_key.h"

namespace trunkline::test {
namespace {

using namespace std::chrono_literals;
using lab::CallResult;

constexpr auto kPatience = 60s;
constexpr const char* kPublic = "https://voice.example.com";
constexpr const char* kTwilioToken = "grid-token";
constexpr const char* kVonageSecret = "0123456789abcdef0123456789abcdef";
constexpr const char* kVonageKey = "a1b2c3d4";
constexpr const char* kVonageApplication = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab";

template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return std::move(*result);
}

void prepare(lab::agent::AgentOptions& o, const GridOptions& options) {
    o.port = 0;
    o.latency.scale = 0.1;
    o.end_of_turn_ms = 400;
    o.pacing.factor = options.pacing;
    if (options.burst_ms > 0) o.pacing.burst_ms = options.burst_ms;
    o.speech = options.speech;
    o.keep_audio_in = options.keep_audio_in;
    o.brain = options.brain;
    o.narrow_band = true;  // what comes at 16 kHz may have been 8
}

std::unique_ptr<lab::AgentLab> start_agent(const Cell& cell, const GridOptions& options) {
    std::unique_ptr<lab::AgentLab> agent;
    if (cell.backend == "hume") {
        lab::hume::HumeOptions o;
        prepare(o, options);
        // The graphs amplify what the caller says towards Hume, with a limiter behind it.
        o.caller_gain = cell.carrier == "vonage" ? 2.5 : 2.8;
        o.gain_tolerance_db = 4;
        o.inactivity_s = 0;  // ten minutes of listening are no end
        agent = must(lab::hume::HumeLab::start(o));
    } else {
        lab::deepgram::DeepgramOptions o;
        prepare(o, options);
        agent = must(lab::deepgram::DeepgramLab::start(o));
    }
    for (const std::string& fault : options.faults) {
        if (auto set = agent->set_fault(fault); !set) throw std::runtime_error(set.error().message);
    }
    return agent;
}

std::string graph_name(const Cell& cell) {
    return cell.carrier + "-" + cell.backend + "-" + std::to_string(cell.number);
}

std::string source_dir() {
    const char* dir = std::getenv("TRUNKLINE_SOURCE_DIR");
    return dir ? dir : ".";
}

std::string upper(std::string text) {
    for (char& c : text) c = c == '-' ? '_' : static_cast<char>(g_ascii_toupper(c));
    return text;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> grid_cells() {
    const char* wanted = std::getenv("TRUNKLINE_GRID");
    const std::string list = wanted ? "," + std::string(wanted) + "," : "";
    std::vector<std::pair<std::string, std::string>> cells;
    for (const char* carrier : {"twilio", "vonage"}) {
        for (const char* backend : {"deepgram", "hume"}) {
            if (!wanted || list.find("," + std::string(carrier) + "-" + backend + ",") != std::string::npos)
                cells.emplace_back(carrier, backend);
        }
    }
    return cells;
}

GridRig::GridRig(const GridOptions& options) : options_(options) {
    std::filesystem::copy(source_dir() + "/graphs", dir_ + "/graphs");
    speech_ = must(lab::SpeechLibrary::open());
    receiver_ = std::make_unique<Receiver>([](int) { return false; }, R"({"result":"auth-thankyou"})");
    for (const auto& [carrier, backend] : options_.cells.empty() ? grid_cells() : options_.cells)
        cells_.push_back(std::make_unique<Cell>(*this, carrier, backend, cells_.size()));

    ServerOptions server;
    Config& config = server.config;
    for (const auto& cell : cells_) {
        const std::string file = dir_ + "/" + graph_name(*cell) + ".yaml";
        std::ofstream(file) << graph(*cell);
        config.graphs.push_back(file);
    }
    config.port = 0;
    config.shards = 2;
    config.database = dir_ + "/calls.db";
    config.public_url = kPublic;
    config.drain_ms = 0;
    config.twilio_auth_token = kTwilioToken;
    config.vonage_signature_secret = kVonageSecret;
    config.vonage_api_key = kVonageKey;
    config.vonage_application_id = kVonageApplication;
    config.vonage_private_key = private_key_pem();
    vonage_ = std::make_unique<lab::vonage::VonageLab>();
    lab::vonage::RestOptions rest;
    rest.requests_per_second = 1'000;  // every cell hangs up through it
    config.vonage_api_url = must(vonage_->serve_rest(rest));
    server.load.env = [this](const std::string& variable) -> std::optional<std::string> {
        for (const auto& cell : cells_) {
            if (variable == "URL_" + upper(graph_name(*cell))) return cell->agent->url();
        }
        if (variable == "TOOL_URL") return receiver_->url("/tool");
        if (variable == "DEEPGRAM_API_KEY" || variable == "HUME_API_KEY" || variable == "HUME_AI_API_KEY")
            return "grid-key";
        return std::nullopt;
    };
    server.load.secret = server.load.env;
    server.load.search = config.graphs;
    server.carriers["twilio"] = [](Shard* shard, std::unique_ptr<WebSocket> socket, MediaSession::Listener* listener) {
        return std::make_unique<twilio::TwilioSession>(shard, std::move(socket), listener);
    };
    server.carriers["vonage"] = [](Shard* shard, std::unique_ptr<WebSocket> socket, MediaSession::Listener* listener) {
        return std::make_unique<vonage::VonageSession>(shard, std::move(socket), listener);
    };
    server_ = must(Server::start(std::move(server)));
    twilio_ = std::make_unique<lab::TwilioLab>();
}

GridRig::~GridRig() {
    for (auto& cell : cells_) cell->call.reset();
    twilio_.reset();
    server_.reset();
    vonage_.reset();
    cells_.clear();
}

/// A variant of the graph that users get: same nodes and links, the backend's address and what the scenario changes.
std::string GridRig::graph(const Cell& cell) const {
    const auto indented = [](const std::string& lines) {
        std::string out;
        size_t at = 0;
        while (at < lines.size()) {
            const size_t end = lines.find('\n', at);
            out += "    " + lines.substr(at, end - at) + "\n";
            at = end == std::string::npos ? lines.size() : end + 1;
        }
        return out;
    };
    const std::string louder =
        options_.louder.empty() || cell.backend != "hume" ? "" : "  louder:\n" + indented(options_.louder);
    return "trunkline: 1\nname: " + graph_name(cell) + "\nextends: ./graphs/" + cell.carrier + "-" + cell.backend +
           ".yaml\nnodes:\n  agent:\n    url: $env.URL_" + upper(graph_name(cell)) + "\n" + indented(options_.agent) +
           louder + (options_.gate.empty() ? "" : "  gate:\n" + indented(options_.gate)) +
           "limits: " + options_.limits + "\n";
}

std::unique_ptr<lab::CarrierCall> GridRig::dial(const Cell& cell) {
    const std::string base = "http://127.0.0.1:" + std::to_string(server_->port());
    const std::string address = base.substr(7);
    if (cell.carrier == "vonage") {
        lab::vonage::CallOptions o;
        o.answer_url = base + "/vonage/answer/" + graph_name(cell);
        o.event_url = base + "/vonage/event";
        o.signature_secret = kVonageSecret;
        o.api_key = kVonageKey;
        o.application_id = kVonageApplication;
        o.public_url = kPublic;
        o.dial = address;
        return vonage_->call(o);
    }
    lab::TwilioCallOptions o;
    o.webhook_url = base + "/twilio/voice/" + graph_name(cell);
    o.status_callback = base + "/twilio/status";
    o.auth_token = kTwilioToken;
    o.public_url = kPublic;
    o.dial = address;
    return twilio_->call(o);
}

void GridRig::play(const std::function<void(Cell&)>& talk) {
    std::vector<std::thread> threads;
    for (auto& cell : cells_) threads.emplace_back([&talk, c = cell.get()] { talk(*c); });
    for (auto& thread : threads) thread.join();
}

std::vector<std::string> GridRig::sql(const std::string& query) const {
    return first_column(dir_ + "/calls.db", query);
}

Cell::Cell(GridRig& rig, std::string its_carrier, std::string its_backend, size_t its_number)
    : carrier(std::move(its_carrier)), backend(std::move(its_backend)), number(its_number), rig_(rig) {
    agent = start_agent(*this, rig.options());
}

bool Cell::need(bool good, const std::string& what) {
    if (!good && problem.empty()) problem = what;
    return problem.empty();
}

bool Cell::begin() {
    if (!need(true, "")) return false;
    call = rig_.dial(*this);
    return need(call->wait_for([](const CallResult& c) { return !c.streams.empty() && c.stream().started; }, kPatience),
                "no media stream");
}

bool Cell::agent_silent_after(size_t spans) {
    return need(problem.empty() && call->wait_for(
                                       [spans](const CallResult& c) {
                                           return c.stream().agent_speech.size() >= spans &&
                                                  !c.stream().agent_speaking();
                                       },
                                       kPatience),
                "the agent was not heard " + std::to_string(spans) + " times to the end");
}

bool Cell::agent_speaks() {
    return need(
        problem.empty() && call->wait_for([](const CallResult& c) { return c.stream().agent_speaking(); }, kPatience),
        "the agent does not speak");
}

bool Cell::heard_agent_for(int ms) {
    return need(problem.empty() && call->wait_for(
                                       [ms](const CallResult& c) {
                                           const auto& s = c.stream();
                                           return s.agent_speaking() &&
                                                  (s.played - s.agent_speech.back().first) / 8 >= ms;
                                       },
                                       kPatience),
                "the agent did not speak for " + std::to_string(ms) + " ms");
}

bool Cell::say(const std::string& recording) {
    if (!need(true, "")) return false;
    call->say(recording, must(rig_.speech().speech(recording))->samples);
    return true;
}

bool Cell::say(const std::string& name, const lab::Samples& samples) {
    if (!need(true, "")) return false;
    call->say(name, samples);
    return true;
}

bool Cell::agent_said(size_t utterances) {
    return need(problem.empty() && agent->wait(
                                       [utterances](const auto& sessions) {
                                           size_t said = 0;
                                           for (const auto& s : sessions) said += s.said.size();
                                           return said >= utterances;
                                       },
                                       60'000),
                "the backend did not say " + std::to_string(utterances) + " things");
}

bool Cell::agent_sent_all(size_t utterance) {
    return need(problem.empty() && agent->wait(
                                       [utterance](const auto& sessions) {
                                           if (sessions.empty() || sessions[0].said.size() <= utterance) return false;
                                           const auto& said = sessions[0].said[utterance];
                                           return said.bytes_total > 0 && said.bytes_sent == said.bytes_total;
                                       },
                                       60'000),
                "the backend did not send all of reply " + std::to_string(utterance));
}

bool Cell::press(const std::string& digits) {
    if (!need(true, "")) return false;
    call->press(digits);
    return true;
}

bool Cell::fact(const std::string& type, size_t count) {
    const std::string sid = call ? call->result().call_sid : "";
    const std::string query =
        "select 1 from call_events e join calls c on c.id = e.call_id where c.carrier_call_id = '" + sid +
        "' and e.type = '" + type + "'";
    return need(problem.empty() && eventually([&] { return rig_.sql(query).size() >= count; }),
                "fewer than " + std::to_string(count) + " facts " + type);
}

bool Cell::cleared(int times) {
    return need(problem.empty() &&
                    call->wait_for([times](const CallResult& c) { return c.stream().clears() >= times; }, kPatience),
                "no clear");
}

bool Cell::hang_up() {
    if (!need(true, "")) return false;
    call->hang_up();
    return ended();
}

bool Cell::ended() {
    if (!need(true, "")) return false;
    const std::string sid = call->result().call_sid;
    const std::string query = "select id from calls where ended_at is not null and carrier_call_id = '" + sid + "'";
    if (!need(eventually([&] { return rig_.sql(query).size() == 1; }), "the call did not end in the database"))
        return false;
    id = rig_.sql(query)[0];
    int64_t seq = 0;
    for (const Json& fact : facts()) {
        if (!need(fact["seq"].int_or(-1) == ++seq, "fact numbers with a gap")) return false;
    }
    return need(agent->wait(
                    [](const auto& sessions) {
                        for (const auto& s : sessions) {
                            if (s.open()) return false;
                        }
                        return true;
                    },
                    60'000),
                "the backend's session stayed open");
}

std::vector<Json> Cell::facts(const std::string& type) const { return stored_facts(rig_.dir_ + "/calls.db", id, type); }

std::vector<std::string> Cell::sql(const std::string& query) const {
    std::string text = query;
    for (size_t at; (at = text.find("{id}")) != std::string::npos;) text.replace(at, 4, id);
    return rig_.sql(text);
}

std::string Cell::story() const {
    std::string text = name() + ": " + problem + "\n";
    if (call) {
        for (const auto& e : call->result().timeline)
            text += "  " + std::to_string(e.at_ms) + " " + e.kind + " " + e.detail.substr(0, 200) + "\n";
    }
    for (const auto& s : agent->sessions()) {
        for (const auto& h : s.heard)
            text += "  agent heard '" + h.hearing.transcript() + "' " + h.hearing.reason() + "\n";
        for (const auto& v : s.violations) text += "  agent objects: " + v.code + " " + v.what + "\n";
        for (const auto& m : s.received) text += "  agent got " + m.text.substr(0, 160) + "\n";
        for (const auto& m : s.sent) text += "  agent sent " + m.text.substr(0, 160) + "\n";
    }
    for (const Json& f : facts()) text += "  fact " + f.dump().substr(0, 300) + "\n";
    return text;
}

}  // namespace trunkline::test
