#include "manager_rig.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <thread>

#include "elements/twilio/twilio_session.h"
#include "elements/vonage/vonage_session.h"

namespace trunkline::test {
namespace {

constexpr const char* kEcho = R"(trunkline: 1
name: echo
params:
  greeting: {type: string, maxLength: 10, default: hello}
  rounds: {type: integer, minimum: 1, maximum: 9, default: 1}
nodes:
  caller: {element: callsrc}
  line: {element: callsink}
  db: {element: dbsink}
links:
  said: caller -> line
  facts: caller.events -> db
)";

void wait_readable(int fd) {
    pollfd wanted{fd, POLLIN, 0};
    poll(&wanted, 1, 10'000);
}

}  // namespace

IncomingCall incoming(const std::string& sid, const std::string& graph) {
    return {"twilio", sid, "+15550100", "+15550199", "inbound", graph};
}

void Peer::start(const std::string& sid, const std::string& params) const {
    send(
        R"({"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{"streamSid":"MZ1","accountSid":"AC1","callSid":")" +
        sid + R"(","tracks":["inbound"],"customParameters":)" + params +
        R"(,"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}})");
}

void Peer::media() const {
    send(R"({"event":"media","streamSid":"MZ1","media":{"track":"inbound","payload":"//////////8="}})");
}

int Peer::wait_close_code() {
    for (;;) {
        for (const Frame& f : take_frames(pair_->received)) {
            if (f.opcode != kClose) continue;
            if (f.payload.size() < 2) return 1005;
            return static_cast<unsigned char>(f.payload[0]) << 8 | static_cast<unsigned char>(f.payload[1]);
        }
        wait_readable(pair_->peer);
        const size_t before = pair_->received.size();
        if (!pair_->read() && pair_->received.size() == before) return 0;
        if (pair_->received.size() == before) return 0;
    }
}

ManagerRig::ManagerRig(CallManagerOptions options, const std::string& graph) {
    std::ofstream(folder_.path() + "/echo.yaml") << (graph.empty() ? kEcho : graph);
    graphs = std::make_unique<graph::GraphStore>(std::vector<std::string>{folder_.path()}, graph::LoadOptions{});
    for (const auto& d : graphs->reload().diagnostics) {
        if (d.severity == graph::Severity::kError) ADD_FAILURE() << d.code << ": " << d.message;
    }
    shards = std::make_unique<ShardPool>(1);
    calls = std::make_unique<CallManager>(
        shards.get(), graphs.get(), &outbox,
        std::map<std::string, MediaSessionFactory>{
            {"twilio",
             [](Shard* shard, std::unique_ptr<WebSocket> socket, MediaSession::Listener* listener) {
                 return std::make_unique<twilio::TwilioSession>(shard, std::move(socket), listener);
             }},
            {"vonage",
             [](Shard* shard, std::unique_ptr<WebSocket> socket, MediaSession::Listener* listener) {
                 return std::make_unique<vonage::VonageSession>(shard, std::move(socket), listener);
             }}},
        std::move(options));
}

ManagerRig::~ManagerRig() {
    calls->end_all(std::chrono::seconds(5));
    shards->stop();
    calls.reset();
}

void ManagerRig::on_shard(const std::function<void()>& work) {
    shards->run_on_each([&](Shard*) { work(); });
}

Result<CallManager::Admission> ManagerRig::admit(const IncomingCall& call, const Params& params) {
    Result<CallManager::Admission> admission = fail("not-run", "");
    on_shard([&] { admission = calls->admit(shards->at(0), call, params); });
    return admission;
}

void ManagerRig::status(const std::string& status, int64_t sequence) {
    CarrierStatus callback;
    callback.carrier = "twilio";
    callback.carrier_call_id = kSid;
    callback.status = status;
    callback.sequence = sequence;
    on_shard([&] { calls->on_carrier_status(callback); });
    on_shard([] {});  // what it posted has run
}

Peer ManagerRig::socket(const std::string& ticket, std::string_view carrier) {
    std::unique_ptr<Pair> pair;
    on_shard([&] {
        WebSocketOptions options;
        options.close_timeout_ms = 100;
        pair = std::make_unique<Pair>(shards->at(0), WebSocket::Role::kServer, options);
        calls->take_socket(shards->at(0), carrier, ticket, std::move(pair->socket));
    });
    return Peer(std::move(pair));
}

std::string ManagerRig::row(std::string CallRow::*column) const {
    std::string value;
    for (const CallRow& r : outbox.all<CallRow>()) {
        if (!(r.*column).empty()) value = r.*column;
    }
    return value;
}

bool ManagerRig::wait_empty() const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < until) {
        const CallCounts now = calls->counts();
        if (now.live + now.waiting == 0) return true;
        shards->run_on_each([](Shard*) {});
    }
    return false;
}

}  // namespace trunkline::test
